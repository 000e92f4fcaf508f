//! An enum whose variants have names.

/// One row for each variant: its name in the code, and its name in the log.
macro_rules! names {
    ($(#[$of_enum:meta])+ $enum:ident { $($(#[$doc:meta])+ $variant:ident = $name:literal;)+ }) => {
        $(#[$of_enum])+
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
        pub enum $enum {
            $($(#[$doc])+ $variant,)+
        }

        impl $enum {
            /// All of them.
            pub const ALL: &[Self] = &[$(Self::$variant),+];

            /// The name in the log.
            #[must_use]
            pub const fn as_str(self) -> &'static str {
                match self { $(Self::$variant => $name),+ }
            }
        }
    };
}
pub(super) use names;
