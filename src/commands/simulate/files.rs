//! Files that a simulation reads and writes: what is no text is named by its line, and where nothing can be written is
//! known before the first day is lived.

use std::fs::{File, OpenOptions};
use std::io::{ErrorKind, Seek, Write};
use std::path::{Path, PathBuf};

use anyhow::{Context, bail};

/// Reads a text.
pub(in crate::commands) fn text_of(file: &Path) -> anyhow::Result<String> {
    let bytes = std::fs::read(file).with_context(|| format!("read {}", file.display()))?;
    String::from_utf8(bytes).map_err(|error| {
        let good = &error.as_bytes()[..error.utf8_error().valid_up_to()];
        let line = 1 + good.iter().filter(|byte| **byte == b'\n').count();
        anyhow::anyhow!(
            "read {}: line {line}: this is no text in UTF-8: save the file as UTF-8, or name another",
            file.display()
        )
    })
}

/// A file that can be written, and will be. One that was not there before is gone again when nothing came of it.
#[derive(Debug)]
pub(in crate::commands) struct Output {
    path: PathBuf,
    file: File,
    is_to_go: bool,
}

impl Output {
    /// Opens it and leaves what it holds until there is something to write.
    pub(in crate::commands) fn open(path: &Path) -> anyhow::Result<Self> {
        let opened = |options: &mut OpenOptions| options.write(true).open(path);
        let (file, is_to_go) = match opened(OpenOptions::new().create_new(true)) {
            Err(error) if error.kind() == ErrorKind::AlreadyExists => {
                (opened(&mut OpenOptions::new()), false)
            }
            made => (made, true),
        };
        let file =
            file.with_context(|| format!("write {}: name a file that can be written", path.display()))?;
        Ok(Self { path: path.to_owned(), file, is_to_go })
    }

    pub(in crate::commands) fn write(mut self, text: &str) -> anyhow::Result<()> {
        self.whole(text).with_context(|| format!("write {}", self.path.display()))?;
        self.is_to_go = false;
        Ok(())
    }

    fn whole(&mut self, text: &str) -> std::io::Result<()> {
        // What is no file, as a pipe, has no end to be cut.
        if self.file.metadata()?.is_file() {
            self.file.set_len(0)?;
            self.file.rewind()?;
        }
        self.file.write_all(text.as_bytes())
    }
}

impl Drop for Output {
    fn drop(&mut self) {
        if self.is_to_go {
            // It is empty: if it stays, it misleads nobody for long.
            std::fs::remove_file(&self.path).ok();
        }
    }
}

/// No two of them may be one.
pub(super) fn apart(one: Option<&PathBuf>, other: Option<&PathBuf>) -> anyhow::Result<()> {
    match (one, other) {
        (Some(one), Some(other)) if one == other => {
            bail!("{} would be written twice: give one of them another name", one.display())
        }
        (Some(_) | None, Some(_) | None) => Ok(()),
    }
}
