//! A frame allocates nothing: audio threads may not wait for an allocator.

use std::thread;

use allocation_counter::AllocationInfo;
use tonegate_voice::{AnsMode, Effects, Engine, FRAME};

use crate::sounds::Sound;

#[test]
fn frames_allocate_nothing() {
    let sound = Sound::read("steady");
    for mode in AnsMode::ALL {
        let all = Effects { ans: Some(mode), agc: true };
        // Not in the test's own thread, which has planned its transforms for the mode before.
        let counted = thread::scope(|scope| scope.spawn(|| heard(&sound, all)).join().unwrap());
        assert_eq!((counted.count_total, counted.bytes_total), (0, 0), "{mode}");
    }
}

fn heard(sound: &Sound, all: Effects) -> AllocationInfo {
    let mut engine = Engine::new(all);
    allocation_counter::measure(|| {
        for (number, frame) in sound.samples.as_chunks::<FRAME>().0.iter().enumerate() {
            let effects = if number % 200 < 150 { all } else { Effects::default() };
            engine.process(&mut { *frame }, effects);
        }
    })
}
