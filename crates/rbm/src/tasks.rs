//! How work is divided into tasks: by its size alone, so that results do not depend on the number of threads.

/// Columns in each task when each of `columns` costs so many multiply-adds.
///
/// A task must be worth handing over, some ten microseconds; and few large products are faster than many small ones.
pub(crate) fn columns_per_task(columns: usize, work: usize) -> usize {
    const MIN: usize = 300_000;
    const MAX: usize = 8;
    let tasks = (columns.saturating_mul(work) / MIN).clamp(1, MAX);
    columns.div_ceil(tasks).max(1)
}

#[cfg(test)]
mod tests {
    use super::columns_per_task;

    #[test]
    fn tasks_are_few_and_large() {
        assert_eq!(columns_per_task(100, 6_400), 50);
        assert_eq!(columns_per_task(500, 640_000), 63);
        assert_eq!(columns_per_task(10, 32), 10);
        assert_eq!(columns_per_task(1, 1 << 30), 1);
        assert_eq!(columns_per_task(0, 1), 1);
    }
}
