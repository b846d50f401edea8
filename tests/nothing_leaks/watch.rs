//! Collects what was printed, and says which canary is in it.

use std::error::Error;
use std::fmt::{Debug, Write as _};
use std::sync::{Arc, Mutex};

use diesel::connection::InstrumentationEvent;
use tracing::field::{Field, Visit};
use tracing::span;

use crate::models::Canary;

#[derive(Clone)]
pub(super) struct Watch {
    canaries: Arc<Vec<Canary>>,
    printed: Arc<Mutex<Vec<String>>>,
}

impl Watch {
    pub(super) fn new(canaries: Vec<Canary>) -> Self {
        Self { canaries: Arc::new(canaries), printed: Arc::default() }
    }

    /// Something that was printed.
    pub(super) fn saw(&self, text: impl Into<String>) {
        self.printed.lock().unwrap().push(text.into());
    }

    /// `Debug`, plain and pretty.
    pub(super) fn saw_debug(&self, value: &dyn Debug) {
        self.saw(format!("{value:?} {value:#?}"));
    }

    /// An error and every source of it.
    pub(super) fn saw_error(&self, error: &(dyn Error + 'static)) {
        let mut next = Some(error);
        while let Some(error) = next {
            self.saw(format!("{error} {error:?} {error:#?}"));
            next = error.source();
        }
        // Diesel's boxed errors are no `source` of its own.
        if let Some(
            diesel::result::Error::DeserializationError(inner) | diesel::result::Error::SerializationError(inner),
        ) = error.downcast_ref()
        {
            self.saw_error(&**inner);
        }
    }

    /// For `Connection::set_instrumentation`.
    pub(super) fn instrument(&self) -> impl FnMut(InstrumentationEvent<'_>) + Send + use<> {
        let watch = self.clone();
        move |event| {
            watch.saw(format!("{event:?} {event:#?}"));
            if let InstrumentationEvent::StartQuery { query, .. } | InstrumentationEvent::FinishQuery { query, .. } =
                event
            {
                watch.saw(query.to_string());
            }
        }
    }

    /// Everything that was printed.
    pub(super) fn printed(&self) -> String {
        self.printed.lock().unwrap().join("\n")
    }

    #[track_caller]
    pub(super) fn assert_nothing_leaked(&self) {
        let printed = self.printed.lock().unwrap();
        assert!(!printed.is_empty());
        for text in printed.iter() {
            for canary in self.canaries.iter() {
                if let Some(found) = canary.is_in(text) {
                    panic!("leaked {found} in:\n{text}");
                }
            }
        }
    }
}

/// Everything that `tracing` is given.
impl tracing::Subscriber for Watch {
    fn enabled(&self, _: &tracing::Metadata<'_>) -> bool {
        true
    }

    fn new_span(&self, span: &span::Attributes<'_>) -> span::Id {
        let mut text = Text(span.metadata().name().to_owned());
        span.record(&mut text);
        self.saw(text.0);
        span::Id::from_u64(1)
    }

    fn record(&self, _: &span::Id, values: &span::Record<'_>) {
        let mut text = Text(String::new());
        values.record(&mut text);
        self.saw(text.0);
    }

    fn record_follows_from(&self, _: &span::Id, _: &span::Id) {}

    fn event(&self, event: &tracing::Event<'_>) {
        let mut text = Text(event.metadata().target().to_owned());
        event.record(&mut text);
        self.saw(text.0);
    }

    fn enter(&self, _: &span::Id) {}
    fn exit(&self, _: &span::Id) {}
}

struct Text(String);

impl Visit for Text {
    fn record_debug(&mut self, field: &Field, value: &dyn Debug) {
        let _ = write!(self.0, " {field}={value:?}");
    }
}
