//! What the verbs plan and refuse on what real hosts said.
