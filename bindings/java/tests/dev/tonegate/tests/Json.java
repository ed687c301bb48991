// JSON, as much of it as vectors/cases.json and explanations need: read strictly, written compactly.

package dev.tonegate.tests;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/** Objects become maps, arrays lists, integers Longs. */
final class Json {
    private final String text;
    private int at;

    private Json(String text) {
        this.text = text;
    }

    static Object read(String text) {
        Json json = new Json(text);
        Object value = json.value();
        json.blanks();
        Tests.that(json.at == text.length(), "something follows the JSON at " + json.at);
        return value;
    }

    @SuppressWarnings("unchecked")
    static Map<String, Object> object(Object value) {
        return (Map<String, Object>) value;
    }

    @SuppressWarnings("unchecked")
    static List<Object> list(Object value) {
        return (List<Object>) value;
    }

    static String write(Object value) {
        StringBuilder out = new StringBuilder();
        write(value, out);
        return out.toString();
    }

    private static void write(Object value, StringBuilder out) {
        if (value instanceof Map<?, ?> map) {
            String before = "{";
            for (Map.Entry<?, ?> entry : map.entrySet()) {
                out.append(before);
                write(entry.getKey(), out);
                out.append(':');
                write(entry.getValue(), out);
                before = ",";
            }
            out.append(map.isEmpty() ? "{}" : "}");
        } else if (value instanceof List<?> list) {
            String before = "[";
            for (Object item : list) {
                out.append(before);
                write(item, out);
                before = ",";
            }
            out.append(list.isEmpty() ? "[]" : "]");
        } else if (value instanceof String string) {
            Tests.that(string.matches("[ !#-\\[\\]-~]*"), "no escapes are written: " + string);
            out.append('"').append(string).append('"');
        } else {
            out.append(value);
        }
    }

    private Object value() {
        blanks();
        switch (text.charAt(at)) {
            case '{':
                return members();
            case '[':
                return items();
            case '"':
                return string();
            default:
                return word();
        }
    }

    private Map<String, Object> members() {
        Map<String, Object> members = new LinkedHashMap<>();
        at++;
        while (!ends('}', members.isEmpty())) {
            blanks();
            String name = string();
            blanks();
            take(':');
            members.put(name, value());
        }
        return members;
    }

    private List<Object> items() {
        List<Object> items = new ArrayList<>();
        at++;
        while (!ends(']', items.isEmpty())) {
            items.add(value());
        }
        return items;
    }

    /** Is this the end? If not, a comma stands between what was and what comes. */
    private boolean ends(char end, boolean first) {
        blanks();
        if (text.charAt(at) == end) {
            at++;
            return true;
        }
        if (!first) {
            take(',');
        }
        return false;
    }

    private String string() {
        StringBuilder string = new StringBuilder();
        take('"');
        while (text.charAt(at) != '"') {
            char character = text.charAt(at++);
            if (character == '\\') {
                char escape = text.charAt(at++);
                int place = "nrtbf".indexOf(escape);
                if (escape == 'u') {
                    character = (char) Integer.parseInt(text.substring(at, at + 4), 16);
                    at += 4;
                } else {
                    character = place < 0 ? escape : "\n\r\t\b\f".charAt(place);
                }
            }
            string.append(character);
        }
        at++;
        return string.toString();
    }

    private Object word() {
        int from = at;
        while (at < text.length() && "]},\n ".indexOf(text.charAt(at)) < 0) {
            at++;
        }
        String word = text.substring(from, at);
        switch (word) {
            case "null":
                return null;
            case "true":
                return true;
            case "false":
                return false;
            default:
                return Long.valueOf(word);
        }
    }

    private void take(char expected) {
        Tests.that(text.charAt(at) == expected, "no " + expected + " at " + at);
        at++;
    }

    private void blanks() {
        while (at < text.length() && text.charAt(at) <= ' ') {
            at++;
        }
    }
}
