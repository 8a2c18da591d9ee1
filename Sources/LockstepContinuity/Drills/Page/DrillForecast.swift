/// What the recovery time becomes as the data grows, by the last drills: its speed, and by how much the data grew.
struct DrillForecast {
    let text: String

    /// Nil where there are fewer than three drills with a recovery time and a size, or the data does not grow.
    init?(points: [DrillReport.TrendPoint], promise: Double) {
        let known = points.compactMap { point -> (time: Int64, seconds: Double, bytes: Double)? in
            guard let time = DrillTime.parse(point.utc), let seconds = point.rtoSeconds, let bytes = point.bytes,
                seconds > 0, bytes > 0
            else { return nil }
            return (time, seconds, Double(bytes))
        }
        guard known.count >= 3, let first = known.first, let last = known.last, last.time > first.time,
            last.bytes > first.bytes
        else { return nil }
        // Growth a day over all of them, and the speed of the last: a straight line, said to be one.
        let days = Double(last.time - first.time) / 86_400_000_000
        let growth = (last.bytes - first.bytes) / max(days, 1)
        let room = last.bytes * (promise / last.seconds) - last.bytes
        guard room > 0 else {
            text = "At the last drill's speed the promised recovery time does not hold for the data there is now."
            return
        }
        let left = room / growth
        text =
            left > 3650
            ? "If data grows as it did, the promised recovery time holds for more than ten years."
            : "If data grows as it did, and recovery stays as fast, the promised recovery time holds for about "
                + "\(DrillHTML.duration((left * 86_400).rounded()))."
    }
}
