//! What an installation is for.

crate::codes! {
    /// Decided when the database is made, and never changed: a demo has users whose passwords everybody may know.
    pub enum Purpose {
        Production = "production",
        Demo = "demo",
    }
}
