//! The hash of a package's files identifies the package.

use std::{fmt::Write as _, fs, io, path::Path};

use sha2::{Digest as _, Sha256};

use super::content;

/// The SHA-256 of the lines that `sha256sum` prints for the files, sorted by path. In the package's folder:
/// `find * -type f | LC_ALL=C sort | xargs sha256sum | sha256sum`.
pub(super) fn of(package: &Path) -> io::Result<String> {
    let mut files: Vec<_> = content::files().collect();
    // By bytes, as the C locale does: for a path, `mcp/x` is before `mcp-x`.
    files.sort_by(|one, other| one.as_os_str().cmp(other.as_os_str()));
    let mut lines = String::new();
    for file in files {
        let hash = hex(&Sha256::digest(fs::read(package.join(&file))?));
        // Writing to a String cannot fail.
        let _ = writeln!(lines, "{hash}  {}", file.display());
    }
    Ok(hex(&Sha256::digest(lines)))
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().fold(String::new(), |mut text, byte| {
        let _ = write!(text, "{byte:02x}");
        text
    })
}

#[cfg(test)]
mod tests {
    use std::process::Command;

    use super::*;
    use crate::package::tests::staged;

    #[test]
    fn it_is_what_sha256sum_says_and_changes_with_any_file() {
        let package = staged();
        let said = Command::new("sh")
            .args(["-c", "find * -type f | LC_ALL=C sort | xargs sha256sum | sha256sum"])
            .current_dir(package.package())
            .output()
            .unwrap();
        let hash = of(&package.package()).unwrap();
        assert_eq!(String::from_utf8(said.stdout).unwrap(), format!("{hash}  -\n"));
        fs::write(package.package().join("mcp/function.json"), "{ }").unwrap();
        assert_ne!(of(&package.package()).unwrap(), hash);
    }
}
