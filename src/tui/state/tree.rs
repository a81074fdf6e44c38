/// A row of the galleries pane.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Node {
    /// Where the gallery is among the estate's.
    pub gallery: usize,
    /// Where the definition is among the estate's; nothing for the gallery's own row.
    pub definition: Option<usize>,
}
