//! The files in a package.

use std::collections::BTreeMap;
use std::io::{Cursor, Read as _};

use control_plane::Upload;
use zip::ZipArchive;

/// Every file and folder by its name, with its permissions and content. A folder's name ends in a slash.
pub(crate) fn entries(upload: &Upload) -> BTreeMap<String, (u32, Vec<u8>)> {
    let mut archive = ZipArchive::new(Cursor::new(&upload.zip)).unwrap();
    let mut entries = BTreeMap::new();
    for place in 0..archive.len() {
        let mut entry = archive.by_index(place).unwrap();
        let mut content = Vec::new();
        entry.read_to_end(&mut content).unwrap();
        let name = entry.name().unwrap().into_owned();
        entries.insert(name, (entry.unix_mode().unwrap() & 0o777, content));
    }
    entries
}
