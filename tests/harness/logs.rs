//! Everything that is logged through `tracing` on this thread, down to the last detail of every crate.

use std::fmt::{Debug, Write as _};
use std::sync::{Arc, Mutex};

use tracing::field::{Field, Visit};
use tracing::span::{Attributes, Id, Record};
use tracing::{Event, Metadata, Subscriber};

/// Collects from when it is made until it is dropped.
#[derive(Debug)]
pub struct Logs {
    text: Arc<Mutex<String>>,
    _guard: tracing::subscriber::DefaultGuard,
}

impl Logs {
    pub fn collect() -> Self {
        let text = Arc::new(Mutex::new(String::new()));
        let guard = tracing::subscriber::set_default(Collector(Arc::clone(&text)));
        Self { text, _guard: guard }
    }

    /// A line an event or a span: `LEVEL target field=value ..`.
    pub fn text(&self) -> String {
        self.text.lock().unwrap().clone()
    }
}

struct Collector(Arc<Mutex<String>>);

impl Collector {
    fn line(&self, metadata: Option<&'static Metadata<'static>>, record: impl FnOnce(&mut Fields)) {
        let mut line = Fields(String::new());
        if let Some(metadata) = metadata {
            write!(line.0, "{} {}", metadata.level(), metadata.target()).unwrap();
        }
        record(&mut line);
        self.0.lock().unwrap().push_str(&(line.0 + "\n"));
    }
}

impl Subscriber for Collector {
    fn enabled(&self, _: &Metadata<'_>) -> bool {
        true
    }

    fn new_span(&self, span: &Attributes<'_>) -> Id {
        self.line(Some(span.metadata()), |fields| span.record(fields));
        Id::from_u64(1)
    }

    fn record(&self, _: &Id, values: &Record<'_>) {
        self.line(None, |fields| values.record(fields));
    }

    fn event(&self, event: &Event<'_>) {
        self.line(Some(event.metadata()), |fields| event.record(fields));
    }

    fn record_follows_from(&self, _: &Id, _: &Id) {}
    fn enter(&self, _: &Id) {}
    fn exit(&self, _: &Id) {}
}

struct Fields(String);

impl Visit for Fields {
    fn record_debug(&mut self, field: &Field, value: &dyn Debug) {
        write!(self.0, " {}={value:?}", field.name()).unwrap();
    }
}
