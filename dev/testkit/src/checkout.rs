//! A copy of this checkout, for tests that change the source and compile it.

use std::{fs, io, path::Path, process::Command};

/// Copies the checkout at `root` as git has it, changes included. A file that is unchanged keeps its time, so that nothing is
/// compiled twice.
pub fn copy_checkout(root: &Path, copy: &Path) -> io::Result<()> {
    let mut git = Command::new("git");
    git.args(["ls-files", "-z", "--cached", "--others", "--exclude-standard"]);
    let listed = git.current_dir(root).output()?;
    for file in String::from_utf8_lossy(&listed.stdout).split_terminator('\0') {
        let (from, to) = (root.join(file), copy.join(file));
        // A deleted file is listed until that is committed.
        let Ok(bytes) = fs::read(from) else { continue };
        write_if_changed(&to, &bytes)?;
    }
    Ok(())
}

/// Writes a file, unless that is what it holds.
pub fn write_if_changed(path: &Path, bytes: &[u8]) -> io::Result<()> {
    if fs::read(path).is_ok_and(|before| before == bytes) {
        return Ok(());
    }
    path.parent().map_or(Ok(()), fs::create_dir_all)?;
    fs::write(path, bytes)
}
