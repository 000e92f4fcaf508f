//! A setting, as docs/settings.md says it.

/// An environment variable.
#[derive(Debug)]
pub struct Setting {
    /// Its name.
    pub name: &'static str,
    /// Its meaning.
    pub meaning: &'static str,
    /// The default, if it is not set or empty.
    pub absent: Absent,
    /// The part that sets it for `cargo local`.
    pub local: &'static str,
    /// The part that sets it in Azure.
    pub azure: &'static str,
    /// A value that is refused, for the documentation; `None` if every text is accepted.
    pub wrong: Option<&'static str>,
}

/// The default of a setting.
#[derive(Debug)]
pub enum Absent {
    /// The handler does not start.
    Refused,
    /// This value.
    Default(&'static str),
    /// There is no value, which means this.
    Nothing(&'static str),
}
