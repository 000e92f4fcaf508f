//! GUIDs, by which Entra names tenants, applications and users.

/// The GUID in lower case, as Entra writes it in its tokens; `None` for any other text.
#[must_use]
pub fn guid(text: &str) -> Option<String> {
    let lengths = text.split('-').map(str::len);
    let hexadecimal = text.bytes().all(|byte| byte.is_ascii_hexdigit() || byte == b'-');
    (lengths.eq([8, 4, 4, 4, 12]) && hexadecimal).then(|| text.to_ascii_lowercase())
}

#[cfg(test)]
mod tests {
    use super::*;

    const GUID: &str = "5d8b3a0e-6a1f-4c39-8e0b-2f7c94d1a6e5";

    #[test]
    fn a_guid_is_read_in_any_case_and_written_in_lower_case() {
        assert_eq!(guid(GUID).as_deref(), Some(GUID));
        assert_eq!(guid(&GUID.to_uppercase()).as_deref(), Some(GUID));
    }

    #[test]
    fn another_text_is_none() {
        for text in [
            "",
            "-",
            &GUID[1..],
            &format!("{GUID}0"),
            &format!("{{{GUID}}}"),
            &format!(" {GUID}"),
            &GUID.replace('-', ""),
            &GUID.replace("5d", "5g"),
            &GUID.replace("5d", "\u{ff15}d"),
            &GUID.replacen('-', "--", 1),
        ] {
            assert_eq!(guid(text), None, "{text}");
        }
    }
}
