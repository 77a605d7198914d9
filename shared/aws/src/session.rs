//! Session policies: each function may do less than the member role that it assumes.

use peerwright_core::permissions::OBSERVE;
use serde_json::json;

/// A session policy: the role's actions that one function keeps.
#[derive(Debug, Clone)]
pub struct SessionPolicy(String);

impl SessionPolicy {
    /// Reading and the given writes.
    pub fn new(writes: &[&str]) -> Self {
        let actions: Vec<&str> = OBSERVE.iter().chain(writes).copied().collect();
        let policy = json!({
            "Version": "2012-10-17",
            "Statement": [{ "Effect": "Allow", "Action": actions, "Resource": "*" }],
        });
        Self(policy.to_string())
    }

    /// The policy document.
    pub fn document(&self) -> &str {
        &self.0
    }
}

#[cfg(test)]
mod tests {
    use peerwright_core::permissions::CONFIGURE;

    use super::*;

    /// "The plaintext that you use for both inline and managed session policies can't exceed 2,048 characters" (`AssumeRole`, STS API reference).
    #[test]
    fn a_session_policy_is_short_enough_for_sts() {
        assert!(SessionPolicy::new(CONFIGURE).document().len() <= 2048);
    }
}
