// An SMS centre on node-smpp: what it hears goes to the standard output, what it shall do comes by the standard
// input, a line of JSON each. It ends when its standard input does.
import readline from 'node:readline';
import smpp from 'smpp';

const tell = (event) => process.stdout.write(JSON.stringify(event) + '\n');

const behaviour = {
  // Parts taken in any one second; above it ESME_RTHROTTLED.
  perSecond: Infinity,
  // How receipts spell a part's name: as it was given ('same'), or in the other base ('decimal', 'hex').
  names: 'same',
  // What receipts say; null sends none.
  receipts: 'DELIVRD',
  // Whether a deliver_sm that was put off goes again.
  again: true,
};
let next = 2600; // a28 in hex: names in the two bases differ, and no digit tells them apart by itself
let second = { since: 0, taken: 0 };
const bound = new Set();
const texts = new Map(); // parts by handset, sender and reference

function headerOf(pdu) {
  // Information elements of the user data header, as node-smpp cut them.
  for (const element of pdu.short_message.udh ?? []) {
    if (element[0] === 0x00) return { reference: element[2], of: element[3], part: element[4] };
    if (element[0] === 0x08) return { reference: element.readUInt16BE(2), of: element[4], part: element[5] };
  }
  return null;
}

function takePart(pdu) {
  const words = pdu.short_message.message;
  const header = headerOf(pdu);
  tell({
    event: 'part', to: pdu.destination_addr, coding: pdu.data_coding, esm: pdu.esm_class, validity: pdu.validity_period,
    part: header?.part ?? 1, of: header?.of ?? 1, characters: [...words].length, at: Math.round(performance.now()),
  });
  if (!header) return tell({ event: 'text', to: pdu.destination_addr, from: pdu.source_addr, body: words, parts: 1 });
  const key = [pdu.destination_addr, pdu.source_addr, header.reference, header.of].join();
  const parts = texts.get(key) ?? new Map();
  texts.set(key, parts.set(header.part, words));
  if (parts.size < header.of) return;
  texts.delete(key);
  const body = [...parts.keys()].sort((a, b) => a - b).map((part) => parts.get(part)).join('');
  tell({ event: 'text', to: pdu.destination_addr, from: pdu.source_addr, body, parts: header.of });
}

function spell(number) {
  const hex = number.toString(16).toUpperCase().padStart(8, '0');
  switch (behaviour.names) {
    case 'decimal': return { given: hex, receipted: String(number).padStart(10, '0') };
    case 'hex': return { given: String(number), receipted: hex.toLowerCase() };
    default: return { given: hex, receipted: hex };
  }
}

function receipt(session, pdu, name) {
  const stat = behaviour.receipts;
  const error = stat === 'DELIVRD' ? '000' : '045';
  const words = `id:${name} sub:001 dlvrd:001 submit date:2611251200 done date:2611251201 stat:${stat} err:${error} text:`;
  // No receipted_message_id: many centres send the words alone (SMPP 3.4 appendix B).
  session.deliver_sm({
    source_addr: pdu.destination_addr, source_addr_ton: 1, source_addr_npi: 1, destination_addr: pdu.source_addr,
    esm_class: smpp.ESM_CLASS.MC_DELIVERY_RECEIPT, short_message: words,
  }, (answer) => tell({ event: 'receipt answered', status: answer.command_status }));
}

function submitted(session, pdu) {
  const now = performance.now();
  if (now - second.since >= 1000) second = { since: now, taken: 0 };
  if (second.taken >= behaviour.perSecond) {
    tell({ event: 'throttled' });
    return session.send(pdu.response({ command_status: smpp.ESME_RTHROTTLED }));
  }
  second.taken += 1;
  const { given, receipted } = spell(next++);
  session.send(pdu.response({ message_id: given }));
  takePart(pdu);
  if (behaviour.receipts && pdu.registered_delivery & 1) receipt(session, pdu, receipted);
}

function deliver(session, asked, fields, part) {
  session.deliver_sm(fields, (answer) => {
    tell({ event: 'answered', id: asked.id, part, status: answer.command_status });
    const putOff = answer.command_status !== 0 && answer.command_status !== smpp.ESME_RX_P_APPN;
    if (putOff && behaviour.again) setTimeout(() => deliver(session, asked, fields, part), 100);
  });
}

// A handset writes: `parts` are its words, one deliver_sm each, in the order given.
function say(asked) {
  const session = [...bound].at(-1);
  const order = asked.order ?? asked.parts.map((_, at) => at + 1);
  for (const part of order) {
    const words = asked.parts[part - 1];
    const message = asked.parts.length === 1 ? words : {
      udh: Buffer.from([5, 0, 3, asked.reference ?? 77, asked.parts.length, part]), message: words,
    };
    deliver(session, asked, {
      source_addr: asked.from, source_addr_ton: 1, source_addr_npi: 1, destination_addr: asked.to,
      data_coding: asked.coding ?? 8, short_message: message,
    }, part);
  }
}

const server = smpp.createServer((session) => {
  session.on('error', (error) => tell({ event: 'error', what: error.code ?? String(error) }));
  session.on('close', () => { bound.delete(session); tell({ event: 'closed' }); });
  session.on('bind_transceiver', (pdu) => {
    const good = pdu.system_id === 'line' && pdu.password === 'secret1';
    tell({ event: good ? 'bound' : 'refused', version: pdu.interface_version });
    if (!good) return session.send(pdu.response({ command_status: smpp.ESME_RBINDFAIL }), () => session.close());
    session.send(pdu.response({ system_id: 'outsider' }));
    bound.add(session);
  });
  for (const other of ['bind_transmitter', 'bind_receiver', 'data_sm', 'query_sm', 'submit_multi']) {
    session.on(other, () => tell({ event: 'unasked', what: other }));
  }
  session.on('submit_sm', (pdu) => submitted(session, pdu));
  session.on('enquire_link', (pdu) => { session.send(pdu.response()); tell({ event: 'enquired' }); });
  session.on('unbind', (pdu) => { session.send(pdu.response()); tell({ event: 'unbound' }); session.close(); });
});

const orders = {
  say,
  behave: ({ as }) => { Object.assign(behaviour, as); tell({ event: 'behaves' }); },
  enquire: () => [...bound].at(-1).enquire_link((answer) => tell({ event: 'enquiry answered', status: answer.command_status })),
  unbind: () => [...bound].at(-1).unbind((answer) => { tell({ event: 'unbind answered', status: answer.command_status }); }),
  drop: () => { for (const session of bound) session.destroy(); },
  // Nobody listens for a while: connections are refused.
  down: () => { server.close(); for (const session of server.sessions) session.destroy(); tell({ event: 'down' }); },
  up: ({ port }) => server.listen(port, '127.0.0.1', () => tell({ event: 'up' })),
};

readline.createInterface({ input: process.stdin })
  .on('line', (line) => { const order = JSON.parse(line); orders[order.do](order); })
  .on('close', () => process.exit(0));
server.listen(0, '127.0.0.1', () => tell({ event: 'listening', port: server.address().port }));
