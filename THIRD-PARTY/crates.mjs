// Lists every crate that is linked into the program, and gathers the licence texts that go with it.
//
//   node THIRD-PARTY/crates.mjs           writes CRATES.md and crates.txt
//   node THIRD-PARTY/crates.mjs --check   compares them with what would be written; exit code 1 when they differ
//
// Reads `cargo metadata` of the locked versions for Linux on x86-64, default features; downloads nothing.
import { execFileSync } from 'node:child_process';
import { readFileSync, readdirSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

const here = dirname(fileURLToPath(import.meta.url));
const metadata = JSON.parse(execFileSync('cargo', [
  'metadata', '--locked', '--offline', '--format-version', '1', '--filter-platform', 'x86_64-unknown-linux-gnu',
], { cwd: dirname(here), maxBuffer: 1 << 28 }));

// What is linked: from our crate along normal dependencies. What a macro or a build script needs runs at build time.
const packages = new Map(metadata.packages.map((one) => [one.id, one]));
const nodes = new Map(metadata.resolve.nodes.map((one) => [one.id, one]));
const isMacro = (id) => packages.get(id).targets.some((target) => target.kind.includes('proc-macro'));
const linked = new Set();
const waiting = [metadata.resolve.root];
while (waiting.length > 0) {
  const id = waiting.pop();
  if (linked.has(id) || isMacro(id)) continue;
  linked.add(id);
  for (const dep of nodes.get(id).deps) {
    if (dep.dep_kinds.some((kind) => kind.kind === null)) waiting.push(dep.pkg);
  }
}
linked.delete(metadata.resolve.root);
const byName = (a, b) => (a.name < b.name ? -1 : a.name > b.name ? 1 : a.version.localeCompare(b.version));
const crates = [...linked].map((id) => packages.get(id)).sort(byName);

// Of a choice the first of these is taken.
const PREFERRED = ['Apache-2.0', 'MIT', '0BSD', 'MIT-0', 'Zlib', 'BSD-3-Clause', 'BSD-2-Clause', 'ISC', 'Unicode-3.0', 'MPL-2.0'];

function taken(crate) {
  const written = (crate.license ?? '').replaceAll('/', ' OR ').replace(/ WITH LLVM-exception/g, '');
  return written.split(/ AND (?![^(]*\))/).map((part) => {
    const choices = part.replace(/[()]/g, ' ').split(/ OR /).map((one) => one.trim());
    const choice = PREFERRED.find((one) => choices.includes(one));
    if (!choice) throw new Error(`${crate.name}: none of "${part}" is a licence we take: see PREFERRED`);
    return choice;
  });
}

// Apache 2.0 is one text, kept as ../LICENSE; notices beside it count, and every other text carries its authors' names.
function texts(crate) {
  const folder = dirname(crate.manifest_path);
  const wanted = taken(crate);
  const named = readdirSync(folder).filter((name) => /^(licen[sc]e|copying|copyright|notice|unlicense)/i.test(name)).sort();
  const files = wanted.every((one) => one === 'Apache-2.0') ? named.filter((name) => /^notice/i.test(name))
    : named.filter((name) => !/apache/i.test(name));
  return files.map((name) => {
    try { return readFileSync(join(folder, name), 'utf8').replaceAll('\r\n', '\n').trim(); } catch { return ''; }
  }).filter((text) => text !== '');
}

const table = crates.map((crate) => {
  const own = taken(crate).join(' and ');
  return `| ${crate.name} | ${crate.version} | ${crate.license} | ${own === crate.license ? '' : own} |`;
});
const list = `# Crates linked into the program

Written by \`node THIRD-PARTY/crates.mjs\` from \`Cargo.lock\` (Linux on x86-64, default features); \`./test\` compares it. Where a licence is a
choice, the last column says which is taken. The text of Apache 2.0 is [LICENSE](../LICENSE), those of the others are in [crates.txt](crates.txt).

${crates.length} crates.

| crate | version | licence | taken |
|---|---|---|---|
${table.join('\n')}
`;

const gathered = new Map();
for (const crate of crates) {
  const found = texts(crate);
  const asks = taken(crate).some((one) => one !== 'Apache-2.0');
  const authors = crate.authors.length > 0 ? `, by ${crate.authors.join(', ')}` : '';
  // A crate that ships no text is named with its authors and its licence.
  if (asks && found.length === 0) found.push(`${crate.license}${authors}. The package carries no text of its own.`);
  for (const text of found) {
    gathered.set(text, [...(gathered.get(text) ?? []), `${crate.name} ${crate.version}`]);
  }
}
const rule = '='.repeat(100);
const gatheredText = [...gathered].map(([text, whose]) => `${rule}\n${whose.join(', ')}\n${rule}\n\n${text}\n`).join('\n');

let stale = false;
for (const [name, text] of [['CRATES.md', list], ['crates.txt', gatheredText]]) {
  const file = join(here, name);
  if (!process.argv.includes('--check')) {
    writeFileSync(file, text);
    continue;
  }
  let written = '';
  try { written = readFileSync(file, 'utf8'); } catch { /* not there: it differs */ }
  if (written !== text) {
    console.error(`THIRD-PARTY/${name} is not of this Cargo.lock: run node THIRD-PARTY/crates.mjs`);
    stale = true;
  }
}
process.exitCode = stale ? 1 : 0;
