//! What a program says of itself: the processor, and the version of glibc that its symbols need.

use std::fmt;

use anyhow::{Context, Result, bail};
use object::read::elf::{ElfFile64, FileHeader};
use object::{Endianness, Object};

use super::architecture::Architecture;

/// A version of glibc, which decides whether a program starts at all.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Glibc(pub(super) u32, pub(super) u32);

/// That of `provided.al2023`.
pub(super) const GLIBC: Glibc = Glibc(2, 34);

/// What must hold before a program goes into a package; all that is wrong, in words.
pub(super) fn problems(program: &[u8], architecture: Architecture, local_paths: &[String]) -> Result<Vec<String>> {
    let mut problems = Vec::new();
    let found = self::architecture(program)?;
    if found != architecture {
        problems.push(format!("is built for {found}, not for {architecture}"));
    }
    problems.extend(needed(program)?.iter().filter_map(|version| too_new(version)));
    for path in local_paths.iter().filter(|path| memchr::memmem::find(program, path.as_bytes()).is_some()) {
        problems.push(format!("names {path}, a directory of this machine: it would have other bytes elsewhere"));
    }
    Ok(problems)
}

/// What is wrong with needing a version of glibc's symbols.
fn too_new(version: &str) -> Option<String> {
    match Glibc::named(version) {
        Some(needed) if needed <= GLIBC => None,
        Some(needed) => Some(format!("needs glibc {needed}, and Lambda's provided.al2023 has {GLIBC}")),
        None => Some(format!("needs {version} of glibc, which Lambda's provided.al2023 ({GLIBC}) may not have")),
    }
}

/// The processor that a program is for.
pub(super) fn architecture(program: &[u8]) -> Result<Architecture> {
    match parse(program)?.architecture() {
        object::Architecture::Aarch64 => Ok(Architecture::Arm64),
        object::Architecture::X86_64 => Ok(Architecture::X86_64),
        other => bail!("it is built for {other:?}, which Lambda doesn't have"),
    }
}

/// The versions of glibc's symbols that the loader looks for, as they are called: `GLIBC_2.34`, and `GLIBC_ABI_…` for what is no number.
fn needed(program: &[u8]) -> Result<Vec<String>> {
    let file = parse(program)?;
    let (endian, sections) = (file.endian(), file.elf_header().sections(file.endian(), program).context("read its sections")?);
    let mut names = Vec::new();
    let Some((mut libraries, strings)) = sections.gnu_verneed(endian, program).context("read the versions it needs")? else {
        return Ok(names);
    };
    let strings = sections.strings(endian, program, strings).context("read the names of the versions it needs")?;
    while let Some((_, mut versions)) = libraries.next().context("read the libraries it needs")? {
        while let Some(version) = versions.next().context("read the versions it needs")? {
            let name = String::from_utf8_lossy(version.name(endian, strings).context("read the name of a version")?).into_owned();
            if name.starts_with("GLIBC_") {
                names.push(name);
            }
        }
    }
    names.sort();
    names.dedup();
    Ok(names)
}

fn parse(program: &[u8]) -> Result<ElfFile64<'_, Endianness>> {
    ElfFile64::parse(program).context("it is no Linux program of 64 bits")
}

impl Glibc {
    /// `GLIBC_2.3.4` is before 2.4.
    fn named(version: &str) -> Option<Self> {
        let mut numbers = version.strip_prefix("GLIBC_")?.split('.').map(|number| number.parse().ok());
        Some(Self(numbers.next()??, numbers.next()??))
    }
}

impl fmt::Display for Glibc {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}.{}", self.0, self.1)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[cfg(target_os = "linux")]
    fn this_program() -> Vec<u8> {
        std::fs::read(std::env::current_exe().expect("it has a path")).expect("it can be read")
    }

    #[test]
    #[cfg(all(target_os = "linux", target_env = "gnu"))]
    fn the_processor_and_the_glibc_of_a_program_are_read_from_it() {
        let program = this_program();
        assert_eq!(architecture(&program).ok(), Architecture::host());
        let needed = needed(&program).expect("it is a program");
        let versions: Vec<_> = needed.iter().filter_map(|name| Glibc::named(name)).collect();
        assert!(versions.iter().max().is_some_and(|newest| *newest >= Glibc(2, 17)), "{needed:?}");
    }

    #[test]
    #[cfg(target_os = "linux")]
    fn a_program_for_the_other_processor_or_with_a_local_path_is_refused() {
        let other = if Architecture::host() == Some(Architecture::Arm64) { Architecture::X86_64 } else { Architecture::Arm64 };
        let here = [env!("CARGO_MANIFEST_DIR").to_owned(), "/nowhere/at/all".repeat(2)];
        let problems = problems(&this_program(), other, &here).expect("it is a program");
        assert!(problems.iter().any(|problem| problem.contains(&format!("not for {other}"))), "{problems:?}");
        assert!(problems.iter().any(|problem| problem.contains(env!("CARGO_MANIFEST_DIR"))), "{problems:?}");
    }

    #[test]
    fn a_glibc_later_than_lambdas_is_refused_by_its_numbers() {
        for good in ["GLIBC_2.2.5", "GLIBC_2.9", "GLIBC_2.34"] {
            assert_eq!(too_new(good), None, "{good}");
        }
        assert_eq!(too_new("GLIBC_2.35").as_deref(), Some("needs glibc 2.35, and Lambda's provided.al2023 has 2.34"));
        assert!(["GLIBC_3.0", "GLIBC_2.341", "GLIBC_2.35.1"].into_iter().all(|version| too_new(version).is_some()));
    }

    #[test]
    fn what_glibc_calls_by_no_number_is_refused() {
        for unknown in ["GLIBC_ABI_DT_RELR", "GLIBC_PRIVATE"] {
            assert!(too_new(unknown).is_some_and(|problem| problem.contains(unknown)), "{unknown}");
        }
    }

    #[test]
    fn a_file_that_is_no_program_is_refused_in_words() {
        let error = architecture(b"#!/bin/sh\n").expect_err("a script");
        assert!(format!("{error:#}").starts_with("it is no Linux program of 64 bits"), "{error:#}");
    }
}
