//! Stable names of enum variants: what the store, the wire and the screens call them.

/// Gives a fieldless enum its stable names: `name()`, `parse()`, `ALL`, serde and `Display`.
///
/// The names are stored: they are never changed, only retired.
macro_rules! named_enum {
    ($(#[$meta:meta])* $vis:vis enum $type:ident { $($(#[$vmeta:meta])* $variant:ident = $name:literal),+ $(,)? }) => {
        $(#[$meta])*
        #[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, serde::Serialize, serde::Deserialize)]
        $vis enum $type { $($(#[$vmeta])* #[serde(rename = $name)] $variant),+ }

        impl $type {
            /// Every variant, in the order of declaration.
            #[allow(dead_code, reason = "not every enumeration is gone through")]
            pub const ALL: &'static [Self] = &[$(Self::$variant),+];

            /// The stable name, as stored and shown to machines.
            pub const fn name(self) -> &'static str {
                match self { $(Self::$variant => $name),+ }
            }

            /// Finds the variant by its stable name.
            pub fn parse(name: &str) -> Option<Self> {
                match name { $($name => Some(Self::$variant),)+ _ => None }
            }
        }

        impl std::fmt::Display for $type {
            fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                f.write_str(self.name())
            }
        }
    };
}
pub(crate) use named_enum;
