//! How loud a sound is in each column of a picture.

/// A column of a waveform.
#[derive(Clone, Copy, Default)]
pub(super) struct Column {
    peak: f32,
    sum: f64,
    count: u32,
}

impl Column {
    /// Of its largest sample, dBFS.
    pub(super) fn peak_dbfs(self) -> f64 {
        20.0 * f64::from(self.peak).log10()
    }

    /// Of its root mean square, dBFS.
    pub(super) fn rms_dbfs(self) -> f64 {
        10.0 * (self.sum / f64::from(self.count)).log10()
    }
}

/// The columns of a sound.
pub(super) struct Envelope {
    columns: Vec<Column>,
    heard: u64,
    total: u64,
}

impl Envelope {
    pub(super) fn new(columns: usize, total: u64) -> Self {
        Self { columns: vec![Column::default(); columns], heard: 0, total }
    }

    pub(super) fn hear(&mut self, samples: &[f32]) {
        for sample in samples {
            let at = column(self.heard, self.total, self.columns.len());
            if let Some(column) = self.columns.get_mut(at) {
                column.peak = column.peak.max(sample.abs());
                column.sum += f64::from(*sample).powi(2);
                column.count += 1;
            }
            self.heard += 1;
        }
    }

    /// What is to be drawn. Where a sound has fewer samples than there are columns, one fills several.
    pub(super) fn columns(&self) -> impl Iterator<Item = Column> {
        self.columns.iter().scan(Column::default(), |last, column| {
            let is_over = column.count == 0 && self.heard >= self.total;
            if column.count > 0 || !is_over {
                *last = *column;
            }
            Some(*last)
        })
    }
}

/// The column that a sample belongs to.
pub(super) fn column(sample: u64, total: u64, columns: usize) -> usize {
    let columns = u64::try_from(columns).unwrap_or(0);
    usize::try_from(sample.saturating_mul(columns) / total.max(1)).unwrap_or(usize::MAX)
}
