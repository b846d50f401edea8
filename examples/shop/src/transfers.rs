//! Two tills that move money between the same wallets at once: no update is lost, and the sum stays what it was.

use std::collections::BTreeMap;

use encrypted_fields::{current_keyring, scope};
use rust_decimal::Decimal;

use crate::shop::Shop;
use example_support::Error;

/// How many transfers the two tills make together.
pub(crate) const TRANSFERS: usize = 1_000;
/// What is in each wallet at first.
const STAKE: Decimal = Decimal::ONE_THOUSAND;
/// Few wallets, so that the tills meet often.
pub(crate) const WALLETS: [i32; 4] = [1, 2, 3, 4];

/// What was done, and how often one till was late and began again.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) struct Done {
    pub(crate) transfers: usize,
    pub(crate) conflicts: u32,
}

struct Transfer {
    from: i32,
    to: i32,
    amount: Decimal,
}

/// Makes the transfers over two connections, and fails where a wallet does not hold what they come to.
pub(crate) fn at_once<S: Shop + Send>(
    shop: &mut S,
    another: impl Fn() -> Result<S, Error> + Sync,
) -> Result<Done, Error> {
    for owner in WALLETS {
        shop.top_up(owner, STAKE)?;
    }
    let before = balances(shop)?;
    let all: Vec<Transfer> = (0..TRANSFERS).map(transfer).collect();
    let keyring = current_keyring()?;
    let till = |transfers: &[Transfer]| -> Result<u32, Error> {
        let mut shop = another()?;
        // A thread of its own has no scope of its caller's.
        scope::with(&keyring, || {
            let conflicts = transfers.iter().map(|it| shop.transfer(it.from, it.to, it.amount));
            Ok(conflicts.sum::<Result<u32, _>>()?)
        })
    };
    let (one, two) = all.split_at(all.len() / 2);
    let conflicts = std::thread::scope(|threads| {
        let till = &till;
        let tills = [one, two].map(|transfers| threads.spawn(move || till(transfers)));
        tills
            .into_iter()
            .map(|till| till.join().unwrap_or_else(|_| Err("a till panicked".into())))
            .sum::<Result<u32, Error>>()
    })?;

    let mut expected = before;
    for Transfer { from, to, amount } in &all {
        *expected.entry(*from).or_default() -= amount;
        *expected.entry(*to).or_default() += amount;
    }
    let found = balances(shop)?;
    if found != expected {
        return Err(format!("an update was lost: the wallets hold {found:?}, and not {expected:?}").into());
    }
    Ok(Done { transfers: all.len(), conflicts })
}

/// The same transfers in each run, between wallets and of amounts that look like chance.
fn transfer(number: usize) -> Transfer {
    let wallet = |at: usize| WALLETS.into_iter().cycle().nth(at % WALLETS.len()).unwrap_or_default();
    let (from, step) = (number * 7 + number / 11, 1 + number % (WALLETS.len() - 1));
    let cents = (number * 7919 % 500 + 1) as i64;
    Transfer { from: wallet(from), to: wallet(from + step), amount: Decimal::new(cents, 2) }
}

/// What each of the wallets holds, decrypted.
fn balances(shop: &mut impl Shop) -> Result<BTreeMap<i32, Decimal>, Error> {
    let wallets = shop.contents()?.wallets.into_iter();
    Ok(wallets.filter(|it| WALLETS.contains(&it.owner_id)).map(|it| (it.owner_id, it.balance)).collect())
}
