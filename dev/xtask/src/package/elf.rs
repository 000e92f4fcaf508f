//! A program's requirements of its machine: the architecture, and the versions of glibc's symbols.
//!
//! A symbol version that the machine's glibc does not have stops the program before `main`.

use object::LittleEndian;
use object::elf::{EM_X86_64, FileHeader64};
use object::read::elf::ElfFile;

type Header = FileHeader64<LittleEndian>;

/// The newest version of glibc that may be needed: RHEL 8 and Debian 10 have it, and whatever Azure runs is not older.
pub(super) const NEWEST_GLIBC: Version = Version { major: 2, minor: 28 };

/// A version of glibc.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Version {
    pub(super) major: u32,
    pub(super) minor: u32,
}

/// A version that a program needs, and one of the symbols that need it.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Need {
    /// As it is in the file: `GLIBC_2.28`.
    pub(super) version: String,
    /// None for a version that stands for a feature of the loader.
    pub(super) symbol: Option<String>,
}

/// Why a file is no program for Azure.
#[derive(Debug, thiserror::Error)]
pub(super) enum ElfError {
    #[error("it is no ELF file for a 64-bit little-endian machine: {0}")]
    NotElf(#[from] object::read::Error),
    #[error("it is for the machine {0} of the ELF specification, and not for x86-64, the machine 62")]
    Machine(u16),
}

impl Need {
    /// A version without a number, such as `GLIBC_ABI_DT_RELR`, came later than those with one that matter here.
    pub(super) fn is_newer_than(&self, newest: Version) -> bool {
        self.glibc().is_none_or(|version| version > newest)
    }

    pub(super) fn glibc(&self) -> Option<Version> {
        let mut numbers = self.version.strip_prefix("GLIBC_")?.split('.').map(str::parse);
        let (major, minor) = (numbers.next()?.ok()?, numbers.next()?.ok()?);
        Some(Version { major, minor })
    }
}

impl std::fmt::Display for Version {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(formatter, "{}.{}", self.major, self.minor)
    }
}

/// Every version of glibc that an x86-64 program needs.
pub(super) fn glibc_needs(program: &[u8]) -> Result<Vec<Need>, ElfError> {
    let file = ElfFile::<Header>::parse(program)?;
    let machine = file.elf_header().e_machine.get(LittleEndian);
    if machine != EM_X86_64 {
        return Err(ElfError::Machine(machine.0));
    }
    let mut needs = versions(&file)?;
    name_symbols(&file, &mut needs)?;
    Ok(needs)
}

fn versions(file: &ElfFile<'_, Header>) -> Result<Vec<Need>, ElfError> {
    let mut needs = Vec::new();
    let sections = file.elf_section_table();
    let Some((mut libraries, strings)) = sections.gnu_verneed(LittleEndian, file.data())? else { return Ok(needs) };
    let strings = sections.strings(LittleEndian, file.data(), strings)?;
    while let Some((_, mut wanted)) = libraries.next()? {
        while let Some(wanted) = wanted.next()? {
            let version = String::from_utf8_lossy(wanted.name(LittleEndian, strings)?).into_owned();
            if version.starts_with("GLIBC_") && needs.iter().all(|need: &Need| need.version != version) {
                needs.push(Need { version, symbol: None });
            }
        }
    }
    Ok(needs)
}

fn name_symbols(file: &ElfFile<'_, Header>, needs: &mut [Need]) -> Result<(), ElfError> {
    let Some(versions) = file.elf_section_table().versions(LittleEndian, file.data())? else { return Ok(()) };
    let symbols = file.elf_dynamic_symbol_table();
    for (index, symbol) in symbols.enumerate() {
        let version = versions.version_index(LittleEndian, index).index();
        let Some(version) = versions.version(version)?.map(|version| String::from_utf8_lossy(version.name())) else {
            continue;
        };
        if let Some(need) = needs.iter_mut().find(|need| need.version == version && need.symbol.is_none()) {
            need.symbol = Some(String::from_utf8_lossy(symbols.symbol_name(LittleEndian, symbol)?).into_owned());
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::package::tests::elf_header;

    fn need(version: &str) -> Need {
        Need { version: version.to_owned(), symbol: None }
    }

    #[test]
    fn versions_are_compared_as_numbers() {
        assert!(!need("GLIBC_2.28").is_newer_than(NEWEST_GLIBC));
        assert!(!need("GLIBC_2.2.5").is_newer_than(NEWEST_GLIBC));
        assert!(!need("GLIBC_2.9").is_newer_than(NEWEST_GLIBC));
        assert!(need("GLIBC_2.29").is_newer_than(NEWEST_GLIBC));
        assert!(need("GLIBC_3.0").is_newer_than(NEWEST_GLIBC));
        assert!(need("GLIBC_ABI_DT_RELR").is_newer_than(NEWEST_GLIBC));
    }

    #[test]
    #[cfg(all(target_os = "linux", target_arch = "x86_64", target_env = "gnu"))]
    fn this_program_needs_versions_of_glibc_for_symbols_with_names() {
        let program = std::fs::read(std::env::current_exe().unwrap()).unwrap();
        let needs = glibc_needs(&program).unwrap();
        assert!(needs.iter().any(|need| need.glibc() >= Some(Version { major: 2, minor: 3 })), "{needs:?}");
        assert!(needs.iter().any(|need| need.symbol.is_some()), "{needs:?}");
    }

    #[test]
    fn a_file_of_another_format_is_refused() {
        for bytes in [&b""[..], b"#!/bin/sh\n", &[0x7f, b'E', b'L', b'F', 1, 1, 1, 0], &[0; 64]] {
            assert!(matches!(glibc_needs(bytes), Err(ElfError::NotElf(_))));
        }
    }

    #[test]
    fn another_machine_is_refused() {
        let error = glibc_needs(&elf_header(183)).unwrap_err();
        assert!(error.to_string().contains("183"), "{error}");
    }

    #[test]
    fn a_program_without_libraries_needs_nothing() {
        assert_eq!(glibc_needs(&elf_header(EM_X86_64.0)).unwrap(), []);
    }
}
