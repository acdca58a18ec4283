#:property PublishAot=false

// Reads the records of `apt-cache dumpavail` (RFC 822 paragraphs, parted by empty lines) from the standard input and
// writes each as a line of JSON: {"key": <the package's name>, "value": <the record>}.
//
// A name that comes again (another version, another architecture) is made unique as NAME:ARCHITECTURE=VERSION, and if
// that comes again too, by #2, #3 ... behind it: the same input gives the same lines, and no record is lost.

using System.Text;

using var input = new StreamReader(Console.OpenStandardInput(), new UTF8Encoding(false, throwOnInvalidBytes: true));
using var output = new StreamWriter(Console.OpenStandardOutput(), new UTF8Encoding(false), 1024 * 1024);
var keys = new HashSet<string>();
var record = new List<string>();
while (input.ReadLine() is { } line)
{
    if (line.Length > 0)
    {
        record.Add(line);
    }
    else
    {
        WriteRecord();
    }
}

WriteRecord();

void WriteRecord()
{
    if (record.Count == 0)
    {
        return;
    }

    output.Write($"{{\"key\":\"{Escape(MakeKey())}\",\"value\":\"{Escape(string.Join('\n', record))}\"}}\n");
    record.Clear();
}

string MakeKey()
{
    string name = Field("Package") ?? throw new InvalidDataException($"A record without a name: {record[0]}");
    if (keys.Add(name))
    {
        return name;
    }

    string full = $"{name}:{Field("Architecture")}={Field("Version")}";
    string key = full;
    for (int number = 2; !keys.Add(key); number++)
    {
        key = $"{full}#{number}";
    }

    return key;
}

string? Field(string name) =>
    record.Find(line => line.StartsWith($"{name}: ", StringComparison.Ordinal))?[(name.Length + 2)..];

// As kvs-client export does it, so that its lines can be compared with these: nothing but what JSON wants escaped.
static string Escape(string text)
{
    var escaped = new StringBuilder(text.Length + 64);
    foreach (char character in text)
    {
        _ = character switch
        {
            '"' => escaped.Append("\\\""),
            '\\' => escaped.Append("\\\\"),
            '\b' => escaped.Append("\\b"),
            '\t' => escaped.Append("\\t"),
            '\n' => escaped.Append("\\n"),
            '\f' => escaped.Append("\\f"),
            '\r' => escaped.Append("\\r"),
            < ' ' => escaped.Append($"\\u{(int)character:X4}"),
            _ => escaped.Append(character),
        };
    }

    return escaped.ToString();
}
