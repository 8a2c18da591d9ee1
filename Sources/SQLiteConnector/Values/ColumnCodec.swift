internal import ConnectorKit
internal import LockstepModel
internal import SQLiteAccess

/// A column and how its cells are read and stored (``CellFormat``).
struct ColumnCodec: Sendable {
    static let exactDigits = CellFormat.exactDigits

    let column: TableColumn
    let format: CellFormat

    init(_ column: TableColumn) {
        self.column = column
        format = CellFormat(column)
    }

    func rejection(_ refusal: CellFormat.Refusal) -> Rejection {
        guard refusal != .wrongType else {
            return Rejection(
                cause: .wrongType, constraint: column.name,
                message: "a value of another type does not fit the \(column.type.name) field \(column.name)")
        }
        return Rejection(
            cause: .outOfRange, constraint: column.name,
            message: "the field \(column.name) (\(column.declaredType)) cannot hold \(refusal.what) exactly")
    }
}
