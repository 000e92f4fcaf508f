//! A small repository to package.

use std::fs;
use std::path::{Path, PathBuf};

use super::{content, stage};

pub(super) struct Repository(tempfile::TempDir);

impl Repository {
    pub(super) fn new() -> Self {
        let repository = Self(tempfile::tempdir().unwrap());
        for file in content::copied() {
            let path = repository.root().join(file);
            fs::create_dir_all(path.parent().unwrap()).unwrap();
            fs::write(path, "{}").unwrap();
        }
        fs::write(repository.built(), elf_header(object::elf::EM_X86_64.0)).unwrap();
        repository
    }

    pub(super) fn root(&self) -> &Path {
        self.0.path()
    }

    /// The folder with the program that cargo has built.
    pub(super) fn built(&self) -> PathBuf {
        self.root().join("built")
    }

    pub(super) fn package(&self) -> PathBuf {
        self.root().join("target/package")
    }

    pub(super) fn stage(&self) -> Result<(), stage::StageError> {
        stage::stage(self.root(), &self.built(), "{}", &self.package())
    }
}

/// A package without a fault.
pub(super) fn staged() -> Repository {
    let repository = Repository::new();
    repository.stage().unwrap();
    repository
}

/// A program for this machine (by its number in the ELF specification) that consists of its header.
pub(super) fn elf_header(machine: u16) -> Vec<u8> {
    let mut header = vec![0x7f, b'E', b'L', b'F', 2, 1, 1, 0];
    header.resize(64, 0);
    header[16] = 2;
    header[18..20].copy_from_slice(&machine.to_le_bytes());
    header[20] = 1;
    header[52] = 64;
    header
}
