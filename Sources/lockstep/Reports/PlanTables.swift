import LockstepModel
import LockstepSync

/// Examples as small tables.
enum PlanTables {
    /// A record with two values of each field, side by side.
    ///
    /// - Parameter winner: 0 or 1 where one of them would count; its column stands out.
    static func record(_ sample: PlanSample, first: String, second: String, winner: Int? = nil) -> String {
        let marks = [0, 1].map { winner == $0 ? " class=\"wins\"" : winner == nil ? "" : " class=\"loses\"" }
        let badge = [0, 1].map { winner == $0 ? " <span class=\"badge\">wins</span>" : "" }
        let rows = sample.fields.map { field in
            """
            <tr><th scope="row">\(HTMLText.escaped(field.field.replacing(" ~ ", with: " / ")))</th><td\(marks[0])>\(value(field.first))</td>\
            <td\(marks[1])>\(value(field.second))</td></tr>
            """
        }
        guard !rows.isEmpty else {
            return
                "<div class=\"record\">\(key(sample))<p>\(sample.details.map(HTMLText.escaped).joined(separator: "<br>"))</p></div>"
        }
        return """
            <div class="record">\(key(sample))<table><thead><tr><th></th><th>\(HTMLText.escaped(first))\(badge[0])</th>\
            <th>\(HTMLText.escaped(second))\(badge[1])</th></tr></thead><tbody>\(rows.joined())</tbody></table></div>
            """
    }

    /// A record with its values.
    static func values(_ sample: PlanSample, message: String = "") -> String {
        let rows = sample.fields.map { field in
            "<div><dt>\(HTMLText.escaped(field.field))</dt><dd>\(value(field.first ?? field.second))</dd></div>"
        }
        let text = message.isEmpty ? "" : "<p class=\"why\">\(HTMLText.escaped(message))</p>"
        return "<div class=\"record\">\(key(sample))\(text)<dl>\(rows.joined())</dl></div>"
    }

    static func value(_ text: String?) -> String {
        guard let text else { return "<em class=\"empty\">empty</em>" }
        return text.isEmpty ? "<em class=\"empty\">“”</em>" : HTMLText.escaped(text)
    }

    private static func key(_ sample: PlanSample) -> String {
        "<p class=\"key\">\(HTMLText.escaped(sample.key))</p>"
    }
}
