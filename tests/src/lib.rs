//! Tests of the templates against the code. The end-to-end tests beside them, in `e2e/`, are Python and no part of this package.
