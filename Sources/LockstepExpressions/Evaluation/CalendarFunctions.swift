import LockstepModel

/// Parts of dates and times; points in time are taken in UTC.
enum CalendarFunctions {
    static func evaluate(_ function: Function, _ operand: Operand) -> Operand {
        switch operand {
        case .date(let days): return part(function, days: days, time: 0)
        case .time(let time): return part(function, days: 0, time: time)
        case .timestamp(let microseconds), .instant(let microseconds):
            let days = ISOText.floorDivide(microseconds, ISOText.microsecondsPerDay)
            return part(function, days: days, time: microseconds - days * ISOText.microsecondsPerDay)
        default: return .null
        }
    }

    private static func part(_ function: Function, days: Int64, time: Int64) -> Operand {
        switch function {
        case .year: .int64(ISOText.civil(days: days).year)
        case .month: .int64(ISOText.civil(days: days).month)
        case .day: .int64(ISOText.civil(days: days).day)
        case .hour: .int64(time / 3_600_000_000)
        case .minute: .int64(time / 60_000_000 % 60)
        case .second: .int64(time / 1_000_000 % 60)
        case .fractionalseconds: .decimal(.small(coefficient: time % 1_000_000, scale: 6))
        case .date: .date(days)
        case .time: .time(time)
        default: .null
        }
    }
}
