//! The parts of the test command.

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Part {
    Format,
    Layers,
    Clippy,
    Unit,
    Templates,
    Local,
    EndToEnd,
}

impl Part {
    #[cfg(test)]
    pub(super) const ALL: [Self; 7] = [Self::Format, Self::Layers, Self::Clippy, Self::Unit, Self::Templates, Self::Local, Self::EndToEnd];

    pub(super) fn name(self) -> &'static str {
        match self {
            Self::Format => "format",
            Self::Layers => "layers",
            Self::Clippy => "clippy",
            Self::Unit => "unit",
            Self::Templates => "templates",
            Self::Local => "local AWS",
            Self::EndToEnd => "end to end",
        }
    }

    /// The others are Python programs and wait for their environment.
    pub(super) fn is_rust(self) -> bool {
        matches!(self, Self::Format | Self::Layers | Self::Clippy | Self::Unit)
    }

    /// Whether it takes minutes.
    pub(super) fn is_slow(self) -> bool {
        matches!(self, Self::Local | Self::EndToEnd)
    }

    /// Whether it needs the environment of the template checks.
    pub(super) fn needs_checks(self) -> bool {
        self == Self::Templates
    }
}
