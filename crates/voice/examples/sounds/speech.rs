//! Synthesised speech: pulses of a voice and noise of the breath, through the resonances of a mouth.
//!
//! A small formant synthesiser after Klatt (1980): a cascade of resonators for what is voiced, one for what hisses.
//! With its own sines: those of the C library are not the same bytes everywhere.

use std::f64::consts::TAU;

use crate::RATE;
use crate::noise::White;

/// How somebody sounds.
#[derive(Clone, Copy)]
pub(crate) struct Voice {
    /// Hz, in the middle.
    pub(crate) pitch: f64,
    /// How short the vocal tract is: formants are multiplied by it.
    pub(crate) tract: f64,
    pub(crate) seed: u64,
}

/// What was said, and which of its samples are speech.
pub(crate) struct Speech {
    pub(crate) samples: Vec<f64>,
    pub(crate) spoken: Vec<bool>,
}

impl Speech {
    /// Scales to a level, of the samples that are speech.
    pub(crate) fn bring_to(&mut self, dbfs: f64) {
        let spoken = self.samples.iter().zip(&self.spoken).filter(|(_, spoken)| **spoken);
        let gain = ratio(dbfs) / root_mean_square(spoken.map(|(sample, _)| *sample));
        self.samples.iter_mut().for_each(|sample| *sample *= gain);
    }
}

pub(crate) fn ratio(decibels: f64) -> f64 {
    libm::exp10(decibels / 20.0)
}

pub(crate) fn root_mean_square(samples: impl Iterator<Item = f64>) -> f64 {
    let (energy, count) =
        samples.fold((0.0, 0.0), |(energy, count), sample| (energy + sample * sample, count + 1.0));
    (energy / count).sqrt()
}

/// A sound of the language: three formants in Hz, how much voice and how much hiss, where the hiss is, and for how long.
struct Phone {
    formants: [f64; 3],
    voiced: f64,
    hissed: f64,
    hiss_hz: f64,
    milliseconds: f64,
}

const fn voiced(formants: [f64; 3], voiced: f64, milliseconds: f64) -> Phone {
    Phone { formants, voiced, hissed: 0.0, hiss_hz: 2_000.0, milliseconds }
}

const fn hissed(hiss_hz: f64, hissed: f64, voiced: f64, milliseconds: f64) -> Phone {
    Phone { formants: [350.0, 1_700.0, 2_600.0], voiced, hissed, hiss_hz, milliseconds }
}

fn phone(letter: char) -> Phone {
    match letter {
        'a' => voiced([730.0, 1_090.0, 2_440.0], 1.0, 120.0),
        'e' => voiced([530.0, 1_840.0, 2_480.0], 1.0, 105.0),
        'i' => voiced([390.0, 1_990.0, 2_550.0], 0.9, 85.0),
        'o' => voiced([570.0, 840.0, 2_410.0], 1.0, 120.0),
        'O' => voiced([460.0, 900.0, 2_300.0], 1.0, 170.0),
        'u' => voiced([500.0, 1_200.0, 2_400.0], 0.8, 75.0),
        'U' => voiced([300.0, 870.0, 2_240.0], 0.9, 150.0),
        'l' => voiced([360.0, 1_100.0, 2_700.0], 0.6, 70.0),
        'r' => voiced([420.0, 1_300.0, 1_650.0], 0.6, 70.0),
        'w' => voiced([300.0, 700.0, 2_200.0], 0.5, 65.0),
        'y' => voiced([280.0, 2_200.0, 2_900.0], 0.6, 65.0),
        'm' => voiced([250.0, 1_100.0, 2_100.0], 0.45, 80.0),
        'n' => voiced([250.0, 1_500.0, 2_500.0], 0.45, 75.0),
        'b' | 'd' => voiced([250.0, 1_500.0, 2_400.0], 0.2, 50.0),
        'v' => hissed(4_000.0, 0.06, 0.4, 60.0),
        'D' => hissed(5_000.0, 0.06, 0.35, 55.0),
        'z' => hissed(6_000.0, 0.25, 0.3, 75.0),
        'j' => hissed(3_500.0, 0.3, 0.25, 80.0),
        's' => hissed(6_500.0, 0.5, 0.0, 95.0),
        'h' => hissed(1_500.0, 0.15, 0.0, 55.0),
        't' => hissed(4_500.0, 0.35, 0.0, 35.0),
        'k' => hissed(2_500.0, 0.3, 0.0, 40.0),
        'p' => hissed(1_200.0, 0.25, 0.0, 35.0),
        '.' => voiced([500.0, 1_500.0, 2_500.0], 0.0, 800.0),
        ',' => voiced([500.0, 1_500.0, 2_500.0], 0.0, 300.0),
        _ => voiced([500.0, 1_500.0, 2_500.0], 0.0, 25.0),
    }
}

/// A two-pole resonator.
#[derive(Default)]
struct Resonator {
    coefficients: [f64; 3],
    last: [f64; 2],
}

impl Resonator {
    fn tune(&mut self, hertz: f64, bandwidth: f64) {
        let radius = libm::exp(-TAU / 2.0 * bandwidth / f64::from(RATE));
        let (feedback, decay) =
            (2.0 * radius * libm::cos(TAU * hertz / f64::from(RATE)), -radius * radius);
        self.coefficients = [1.0 - feedback - decay, feedback, decay];
    }

    fn run(&mut self, input: f64) -> f64 {
        let [gain, feedback, decay] = self.coefficients;
        let output = gain * input + feedback * self.last[0] + decay * self.last[1];
        self.last = [output, self.last[0]];
        output
    }
}

/// Says a text, a letter a sound.
pub(crate) fn say(text: &str, voice: Voice) -> Speech {
    let rate = f64::from(RATE);
    let mut white = White::new(voice.seed);
    let mut cascade: [Resonator; 5] = Default::default();
    let (mut glottis, mut hiss) = (Resonator::default(), Resonator::default());
    glottis.tune(0.0, 110.0);
    cascade[3].tune(3_500.0 * voice.tract, 250.0);
    cascade[4].tune(4_500.0 * voice.tract, 300.0);
    // What the mouth is at: it moves towards each sound and does not jump.
    let mut mouth = [500.0, 1_500.0, 2_500.0, 0.0, 0.0];
    let (glide, loudness_glide) =
        (1.0 - libm::exp(-1.0 / (0.02 * rate)), 1.0 - libm::exp(-1.0 / (0.008 * rate)));
    let (mut phase, mut period, mut last_flow, mut time, mut silent) = (0.0, 1.0, 0.0, 0.0, rate);
    let (mut samples, mut spoken) = (Vec::new(), Vec::new());
    for phone in text.chars().map(phone) {
        let [first, second, third] = phone.formants.map(|formant| formant * voice.tract);
        let towards = [first, second, third, phone.voiced, phone.hissed];
        for at in 0..(phone.milliseconds / 1_000.0 * rate) as usize {
            for (index, (now, goal)) in mouth.iter_mut().zip(towards).enumerate() {
                *now += (goal - *now) * if index < 3 { glide } else { loudness_glide };
            }
            if at % 48 == 0 {
                for (resonator, (hertz, bandwidth)) in
                    cascade.iter_mut().zip(mouth.into_iter().zip([80.0, 100.0, 150.0]))
                {
                    resonator.tune(hertz, bandwidth);
                }
                hiss.tune(phone.hiss_hz, 0.35 * phone.hiss_hz);
            }
            // The voice rises and falls, and no two of its pulses are quite alike.
            let melody =
                1.0 + 0.14 * libm::sin(TAU * 0.45 * time) + 0.03 * libm::sin(TAU * 4.7 * time);
            phase += voice.pitch * melody * period / rate;
            let mut pulse = 0.0;
            if phase >= 1.0 {
                phase -= 1.0;
                period = 1.0 + 0.012 * white.next();
                pulse = 400.0 * (1.0 + 0.06 * white.next());
            }
            let flow = glottis.run(pulse * mouth[3]);
            let breath = 0.006 * white.next() * mouth[3];
            // The lips turn flow into pressure: its derivative.
            let mut sound = (flow - last_flow) * 12.0 + breath;
            last_flow = flow;
            for resonator in &mut cascade {
                sound = resonator.run(sound);
            }
            samples.push(sound + 0.2 * hiss.run(white.next()) * mouth[4]);
            silent = if mouth[3] + mouth[4] > 0.02 { 0.0 } else { silent + 1.0 };
            spoken.push(silent < 0.02 * rate);
            time += 1.0 / rate;
        }
    }
    Speech { samples, spoken }
}
