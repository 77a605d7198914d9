//! The parts of the test command.

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Part {
    Format,
    Layers,
    Dependencies,
    Clippy,
    Unit,
    Templates,
    Local,
    EndToEnd,
}

impl Part {
    #[cfg(test)]
    pub(super) const ALL: [Self; 8] =
        [Self::Format, Self::Layers, Self::Dependencies, Self::Clippy, Self::Unit, Self::Templates, Self::Local, Self::EndToEnd];

    pub(super) fn name(self) -> &'static str {
        match self {
            Self::Format => "format",
            Self::Layers => "layers",
            Self::Dependencies => "dependencies",
            Self::Clippy => "clippy",
            Self::Unit => "unit",
            Self::Templates => "templates",
            Self::Local => "local AWS",
            Self::EndToEnd => "end to end",
        }
    }

    /// Whether it takes minutes.
    pub(super) fn is_slow(self) -> bool {
        matches!(self, Self::Local | Self::EndToEnd)
    }
}
