//! A question to the person at a terminal.

use std::io::{self, Write};

use anyhow::Result;

use crate::screen::Screen;

/// True where a person can be asked.
pub(crate) fn can_be_asked(screen: &Screen<'_>) -> bool {
    screen.is_for_a_person() && console::user_attended() && io::IsTerminal::is_terminal(&io::stdin())
}

/// Asks; anything but a yes is a no.
pub(crate) fn is_confirmed(question: &str, screen: &mut Screen<'_>) -> Result<bool> {
    write!(screen, "{question} [y/N] ")?;
    screen.flush()?;
    let mut answer = String::new();
    io::stdin().read_line(&mut answer)?;
    Ok(matches!(answer.trim().to_lowercase().as_str(), "y" | "yes"))
}
