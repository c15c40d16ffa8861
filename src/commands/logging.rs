//! The log: ours as the settings say, libraries never below `warn`, so that no number reaches it.

use tracing_subscriber::filter::{EnvFilter, FilterFn, LevelFilter};
use tracing_subscriber::layer::SubscriberExt;
use tracing_subscriber::util::SubscriberInitExt;
use tracing_subscriber::{Layer, fmt};

/// Starts the log on the standard error; `filter` was checked with the settings.
pub(super) fn start(filter: &str) {
    let ours = FilterFn::new(is_ours_or_a_warning);
    let wanted = EnvFilter::builder().with_default_directive(LevelFilter::INFO.into()).parse_lossy(filter);
    let layer = fmt::layer().with_writer(std::io::stderr).with_filter(ours).with_filter(wanted);
    // A second start in one process keeps the first.
    if tracing_subscriber::registry().with(layer).try_init().is_err() {
        tracing::debug!("the log was started already");
    }
}

/// Whether a line may be written at all: what libraries say of packets and rows names people.
fn is_ours_or_a_warning(line: &tracing::Metadata<'_>) -> bool {
    let target = line.target();
    let ours = target == "yingda" || target.starts_with("yingda::");
    // The SIP stack quotes whole headers in its warnings; what matters of them our own code says.
    ours || (*line.level() <= tracing::Level::WARN && !target.starts_with("rsipstack"))
}
