//! How long a remote KEK is waited for, and how often it is asked again.

use std::time::Duration;

use rand::RngExt as _;
use serde::{Deserialize, Serialize};
use tokio::time::{Instant, sleep, timeout};

use super::{KekError, KekReason};

/// Time-outs and retries of one call to a KEK. Milliseconds, as in the configuration.
///
/// Only what may pass is tried again: no answer, a failure inside the provider, throttling. Between two attempts passes a
/// random time from 0 to `base_ms * 2^n`, at most `cap_ms` ("full jitter"), so that many processes which start at once
/// do not come back at once.
///
/// ```
/// use encrypted_fields_keys::kek::retry::RetryPolicy;
///
/// let patient = RetryPolicy { attempts: 10, deadline_ms: 60_000, ..RetryPolicy::default() };
/// assert_eq!((patient.timeout_ms, patient.base_ms, patient.cap_ms), (3_000, 50, 2_000));
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct RetryPolicy {
    /// How often it is asked at most, the first time included: 5. 0 counts as 1.
    pub attempts: u32,
    /// How long one attempt may take: 3,000.
    pub timeout_ms: u64,
    /// How long all attempts and the pauses between them may take: 15,000.
    pub deadline_ms: u64,
    /// The longest first pause: 50. It doubles with each attempt.
    pub base_ms: u64,
    /// The longest pause: 2,000.
    pub cap_ms: u64,
}

impl Default for RetryPolicy {
    fn default() -> Self {
        Self { attempts: 5, timeout_ms: 3_000, deadline_ms: 15_000, base_ms: 50, cap_ms: 2_000 }
    }
}

/// Who is asked for what, for errors and logs.
#[derive(Debug, Clone, Copy)]
pub(super) struct Call<'a> {
    pub(super) kek: &'a str,
    pub(super) kind: &'static str,
    pub(super) operation: &'static str,
}

impl RetryPolicy {
    /// Asks until there is an answer that asking again will not change.
    pub(super) async fn run<T, F, A>(&self, call: Call<'_>, mut attempt: F) -> Result<T, KekError>
    where
        F: FnMut() -> A,
        A: Future<Output = Result<T, KekReason>>,
    {
        let start = Instant::now();
        let mut attempts = 0;
        let result = loop {
            let left = ms(self.deadline_ms).saturating_sub(start.elapsed());
            let patience = ms(self.timeout_ms).min(left);
            let result = timeout(patience, attempt()).await.unwrap_or_else(|_| Err(no_answer_in(patience)));
            attempts += 1;
            match result {
                Err(reason) if reason.is_transient() && attempts < self.attempts => {
                    let pause = self.pause(attempts);
                    if start.elapsed() + pause >= ms(self.deadline_ms) {
                        break Err(reason);
                    }
                    sleep(pause).await;
                }
                result => break result,
            }
        };
        let outcome: &dyn std::fmt::Display = match &result {
            Ok(_) => &"ok",
            Err(reason) => reason,
        };
        let Call { kek, kind, operation } = call;
        let duration_ms = u64::try_from(start.elapsed().as_millis()).unwrap_or(u64::MAX);
        tracing::debug!(kek, kind, operation, attempts, duration_ms, %outcome, "asked a KEK");
        result.map_err(|reason| KekError::new(kek, reason))
    }

    fn pause(&self, attempts: u32) -> Duration {
        let doubled = self.base_ms.saturating_mul(1_u64.checked_shl(attempts - 1).unwrap_or(u64::MAX));
        ms(rand::rng().random_range(0..=doubled.min(self.cap_ms)))
    }
}

fn ms(ms: u64) -> Duration {
    Duration::from_millis(ms)
}

fn no_answer_in(patience: Duration) -> KekReason {
    KekReason::Unreachable { detail: format!("no answer in {} ms", patience.as_millis()) }
}

#[cfg(test)]
mod tests {
    use super::*;

    const CALL: Call<'static> = Call { kek: "main", kind: "test", operation: "wrap" };

    fn throttled() -> KekReason {
        KekReason::Throttled { detail: "SlowDown".into() }
    }

    #[tokio::test(start_paused = true)]
    async fn what_may_pass_is_asked_again() {
        let (policy, mut asked) = (RetryPolicy::default(), 0);
        let answer = policy.run(CALL, || {
            asked += 1;
            std::future::ready(if asked < 3 { Err(throttled()) } else { Ok(asked) })
        });
        assert_eq!(answer.await, Ok(3));
    }

    #[tokio::test(start_paused = true)]
    async fn attempts_are_bounded() {
        let (policy, mut asked) = (RetryPolicy::default(), 0);
        let answer = policy.run(CALL, || {
            asked += 1;
            std::future::ready(Err::<(), _>(throttled()))
        });
        assert_eq!(answer.await, Err(KekError::new("main", throttled())));
        assert_eq!(asked, 5);
    }

    #[tokio::test(start_paused = true)]
    async fn a_refusal_is_final() {
        let denied = || KekReason::Denied { detail: "AccessDeniedException".into() };
        let (policy, mut asked) = (RetryPolicy::default(), 0);
        let answer = policy.run(CALL, || {
            asked += 1;
            std::future::ready(Err::<(), _>(denied()))
        });
        assert_eq!(answer.await.unwrap_err().reason(), &denied());
        assert_eq!(asked, 1);
    }

    #[tokio::test(start_paused = true)]
    async fn an_attempt_that_hangs_is_given_up_and_counts() {
        let policy = RetryPolicy { attempts: 2, base_ms: 0, ..RetryPolicy::default() };
        let start = Instant::now();
        let answer = policy.run(CALL, std::future::pending::<Result<(), _>>);
        assert_eq!(answer.await.unwrap_err().reason(), &no_answer_in(ms(3_000)));
        assert_eq!(start.elapsed(), ms(6_000));
    }

    #[tokio::test(start_paused = true)]
    async fn the_deadline_holds_whatever_the_attempts_would_add_up_to() {
        let policy = RetryPolicy { attempts: 100, ..RetryPolicy::default() };
        let start = Instant::now();
        let answer = policy.run(CALL, std::future::pending::<Result<(), _>>);
        assert!(answer.await.is_err());
        assert!(start.elapsed() <= ms(15_000), "{:?}", start.elapsed());
    }

    #[test]
    fn pauses_are_jittered_and_capped() {
        let policy = RetryPolicy::default();
        for (attempts, longest) in [(1, 50), (2, 100), (6, 1_600), (7, 2_000), (200, 2_000)] {
            let pauses: Vec<_> = (0..200).map(|_| policy.pause(attempts)).collect();
            assert!(pauses.iter().all(|pause| *pause <= ms(longest)), "{attempts}");
            assert!(pauses.iter().any(|pause| *pause > ms(longest / 2)), "{attempts}");
            assert!(pauses.iter().any(|pause| *pause < ms(longest / 2)), "{attempts}");
        }
    }

    #[test]
    fn options_that_are_not_there_are_refused() {
        let read = |json| serde_json::from_str::<RetryPolicy>(json);
        assert_eq!(read(r#"{"attempts": 2}"#).unwrap(), RetryPolicy { attempts: 2, ..RetryPolicy::default() });
        assert!(read(r#"{"atempts": 2}"#).unwrap_err().to_string().contains("unknown field `atempts`"));
    }
}
