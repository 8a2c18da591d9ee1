/// The best one-to-one assignment of rows to columns by total score: the Hungarian method in its O(n³) form with
/// potentials (Kuhn 1955; Jonker and Volgenant 1987 for the shortest augmenting paths).
enum Assignment {
    /// - Parameter scores: row by row, all of one width; 0 where two do not go together.
    /// - Returns: for each row its column, or nil where there is none with a score above 0.
    static func best(_ scores: [[Double]]) -> [Int?] {
        guard let width = scores.first?.count, width > 0 else { return scores.map { _ in nil } }
        let size = max(scores.count, width)
        func cost(_ row: Int, _ column: Int) -> Double {
            row < scores.count && column < width ? -scores[row][column] : 0
        }
        var rowPotential = Array(repeating: 0.0, count: size + 1)
        var columnPotential = Array(repeating: 0.0, count: size + 1)
        /// The row of each column; column and row 0 stand for none.
        var rowOf = Array(repeating: 0, count: size + 1)
        for row in 1...size {
            rowOf[0] = row
            var column = 0
            var least = Array(repeating: Double.infinity, count: size + 1)
            var previous = Array(repeating: 0, count: size + 1)
            var isUsed = Array(repeating: false, count: size + 1)
            repeat {
                isUsed[column] = true
                let current = rowOf[column]
                var delta = Double.infinity
                var next = 0
                for other in 1...size where !isUsed[other] {
                    let reduced = cost(current - 1, other - 1) - rowPotential[current] - columnPotential[other]
                    if reduced < least[other] {
                        least[other] = reduced
                        previous[other] = column
                    }
                    if least[other] < delta {
                        delta = least[other]
                        next = other
                    }
                }
                for other in 0...size {
                    if isUsed[other] {
                        rowPotential[rowOf[other]] += delta
                        columnPotential[other] -= delta
                    } else {
                        least[other] -= delta
                    }
                }
                column = next
            } while rowOf[column] != 0
            while column != 0 {
                rowOf[column] = rowOf[previous[column]]
                column = previous[column]
            }
        }
        var assigned: [Int?] = scores.map { _ in nil }
        for column in 1...size where rowOf[column] <= scores.count && column <= width {
            let row = rowOf[column] - 1
            if row >= 0, scores[row][column - 1] > 0 { assigned[row] = column - 1 }
        }
        return assigned
    }
}
