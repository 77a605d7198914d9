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
    Browser,
}

impl Part {
    #[cfg(test)]
    pub(super) const USUAL: [Self; 8] =
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
            Self::Browser => "browser",
        }
    }

    /// Whether it runs only where somebody asks for it: it needs a Chromium, which no registry of packages for a language has.
    pub(super) fn is_on_request(self) -> bool {
        self == Self::Browser
    }

    /// Whether it takes minutes.
    pub(super) fn is_slow(self) -> bool {
        matches!(self, Self::Local | Self::EndToEnd)
    }
}
