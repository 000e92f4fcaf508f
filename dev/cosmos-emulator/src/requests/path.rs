//! Resource paths: `/dbs/{database}/colls/{container}/docs/{id}`.

use percent_encoding::percent_decode_str;

/// The decoded segments.
pub(crate) fn segments(path: &str) -> Vec<String> {
    let decode = |segment: &str| percent_decode_str(segment).decode_utf8_lossy().into_owned();
    path.split('/').filter(|segment| !segment.is_empty()).map(decode).collect()
}
