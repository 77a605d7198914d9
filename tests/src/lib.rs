//! Tests of the whole: the templates against the code (Rust, here), and black-box runs on the local AWS (Python, in `e2e/`).
