#![allow(unsafe_code, reason = "fork, and reading what the child wrote")]

use std::collections::HashSet;
use std::io::{Read, Write};
use std::os::fd::FromRawFd;

use super::*;

/// Forks; gives what `draw` drew in the parent and what it drew in the child.
fn drawn_on_both_sides_of_a_fork(mut draw: impl FnMut() -> [u8; 12]) -> ([u8; 12], [u8; 12]) {
    let mut ends = [0; 2];
    // SAFETY: `ends` has room for the two descriptors; each is owned by one `File` in each process. The child only
    // draws, writes to the pipe and leaves by `_exit`, so it neither takes a lock that another thread held nor unwinds.
    unsafe {
        assert_eq!(libc::pipe(ends.as_mut_ptr()), 0);
        let (mut read, mut write) = (std::fs::File::from_raw_fd(ends[0]), std::fs::File::from_raw_fd(ends[1]));
        match libc::fork() {
            0 => {
                let written = write.write_all(&draw());
                libc::_exit(i32::from(written.is_err()));
            }
            child => {
                assert!(child > 0);
                let ours = draw();
                let mut theirs = [0; 12];
                read.read_exact(&mut theirs).expect("the child writes what it drew");
                let mut status = -1;
                assert_eq!(libc::waitpid(child, &mut status, 0), child);
                assert_eq!(status, 0);
                (ours, theirs)
            }
        }
    }
}

#[test]
fn parent_and_child_of_a_fork_draw_different_nonces() {
    let _ = NonceSource::Thread.draw::<12>().unwrap();
    let (parent, child) = drawn_on_both_sides_of_a_fork(|| NonceSource::Thread.draw().unwrap());
    assert_ne!(parent, child);
}

/// Why the test above means something: the same generator without the generation does draw the same nonce twice.
#[test]
fn without_noticing_the_fork_they_draw_the_same() {
    let mut rng = StdRng::try_from_rng(&mut SysRng).unwrap();
    let (parent, child) = drawn_on_both_sides_of_a_fork(|| {
        let mut nonce = [0; 12];
        rng.fill_bytes(&mut nonce);
        nonce
    });
    assert_eq!(parent, child);
}

#[test]
fn a_seed_gives_64_kib() {
    let mut generator = Generator::new();
    let (mut seeds, mut left) = (0, 0);
    for _ in 0..2 * RESEED_AFTER / 12 {
        generator.draw::<12>().unwrap();
        seeds += usize::from(generator.left > left);
        left = generator.left;
    }
    assert_eq!(
        seeds, 3,
        "64 KiB are not a multiple of what is drawn ahead, so two seeds give a little less than twice"
    );
}

/// Nonces of both lengths come from one buffer: none of its bytes is given out twice.
#[test]
fn no_byte_is_given_out_twice() {
    let mut generator = Generator::new();
    let mut seen = HashSet::new();
    for round in 0..20_000 {
        let nonce = match round % 3 {
            0 => generator.draw::<24>().unwrap().to_vec(),
            _ => generator.draw::<12>().unwrap().to_vec(),
        };
        assert!(nonce.windows(8).all(|bytes| seen.insert(<[u8; 8]>::try_from(bytes).unwrap())));
    }
}

/// What was drawn ahead before a fork is not drawn after it.
#[test]
fn nothing_drawn_ahead_outlives_a_fork() {
    let mut generator = Generator::new();
    let first = generator.draw::<12>().unwrap();
    assert_eq!(generator.ahead.first_chunk(), Some(&first));
    let ahead = generator.ahead;
    generator.generation = 0; // what it sees in a child: the generation is another one
    let next = generator.draw::<12>().unwrap();
    assert!(ahead.chunks(12).all(|before| before != next));
    assert_ne!(generator.ahead, ahead);
}

#[test]
fn nonces_differ_between_threads_and_draws() {
    let draw = || (0..10_000).map(|_| NonceSource::Thread.draw::<12>().unwrap()).collect::<Vec<_>>();
    let other = std::thread::spawn(draw).join().unwrap();
    let all: HashSet<_> = draw().into_iter().chain(other).collect();
    assert_eq!(all.len(), 20_000);
    assert_ne!(NonceSource::Os.draw::<24>(), NonceSource::Os.draw::<24>());
}
