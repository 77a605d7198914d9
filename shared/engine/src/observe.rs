//! Looks at what decisions and plans are made from.

pub(crate) mod end;
pub(crate) mod precheck;
pub(crate) mod vpc;
