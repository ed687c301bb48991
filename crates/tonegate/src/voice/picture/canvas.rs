//! Pixels, and what embedded-graphics draws on them.

use std::convert::Infallible;

use embedded_graphics::Pixel;
use embedded_graphics::pixelcolor::{Rgb888, RgbColor as _};
use embedded_graphics::prelude::{DrawTarget, OriginDimensions, Size};

/// A picture of 8 bits a colour, white at first.
pub(super) struct Canvas {
    width: usize,
    height: usize,
    pixels: Vec<u8>,
}

impl Canvas {
    pub(super) fn new((width, height): (usize, usize)) -> Self {
        Self { width, height, pixels: vec![0xFF; width * height * 3] }
    }

    /// Red, green, blue; row by row from the top.
    pub(super) fn pixels(&self) -> &[u8] {
        &self.pixels
    }

    /// Colours a pixel; one that lies outside is none.
    pub(super) fn set(&mut self, x: usize, y: usize, colour: Rgb888) {
        if x < self.width && y < self.height {
            let at = (y * self.width + x) * 3;
            self.pixels[at..at + 3].copy_from_slice(&[colour.r(), colour.g(), colour.b()]);
        }
    }
}

impl OriginDimensions for Canvas {
    fn size(&self) -> Size {
        let side = |pixels| u32::try_from(pixels).unwrap_or(u32::MAX);
        Size::new(side(self.width), side(self.height))
    }
}

impl DrawTarget for Canvas {
    type Color = Rgb888;
    type Error = Infallible;

    fn draw_iter<I: IntoIterator<Item = Pixel<Rgb888>>>(
        &mut self,
        pixels: I,
    ) -> Result<(), Infallible> {
        for Pixel(point, colour) in pixels {
            if let (Ok(x), Ok(y)) = (usize::try_from(point.x), usize::try_from(point.y)) {
                self.set(x, y, colour);
            }
        }
        Ok(())
    }
}
