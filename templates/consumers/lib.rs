//! {{ view.summary }}
