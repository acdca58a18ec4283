using System.Globalization;
using System.Text;

namespace Kvs.Server.Tests.Resp;

/// <summary>Requests at random: few keys, so that commands meet what others have left; nothing whose answer depends on
/// the time, on an order that means nothing, or on the server.</summary>
internal sealed class RandomRequests(int seed)
{
    private static readonly string[] Words = ["NX", "XX", "GET", "KEEPTTL", "PERSIST", "GT", "LT", "EX", "PX", "foo"];

    private static readonly string[] Values =
        ["", "0", "1", "-1", "10", "3.5", "abc", "9223372036854775807", "-9223372036854775808", " 1", "1e3", "0.1",
            "hello world", "\u0000\u00ff\r\n", "100000", "1.0000000000000000001"];

    /// <summary>What can be sent: K is a key, V a value, N a number, W a word or nothing.</summary>
    private static readonly string[] Forms =
    [
        "GET K", "GET K", "SET K V", "SET K V", "SET K V W", "SET K V W W", "SET K V EXAT 33177117420",
        "SET K V PXAT 33177117421000 W", "SETNX K V", "SETEX K abc V", "PSETEX K abc V", "GETSET K V", "GETDEL K",
        "GETEX K", "GETEX K EXAT 33177117422", "GETEX K PERSIST", "GETEX K W", "MGET K K K", "MSET K V K V",
        "MSETNX K V K V", "MSET K V K", "APPEND K V", "STRLEN K", "GETRANGE K N N", "SETRANGE K N V", "SETRANGE K 3 V",
        "INCR K", "DECR K", "INCRBY K V", "DECRBY K V", "INCRBY K N", "INCRBYFLOAT K V", "INCRBYFLOAT K 0.1", "DEL K",
        "DEL K K", "UNLINK K K K", "EXISTS K K", "TOUCH K", "TYPE K", "EXPIREAT K 33177117423 W",
        "EXPIREAT K 33177117424 W", "PEXPIREAT K 33177117424999 W W", "PEXPIREAT K 1", "EXPIREAT K V", "EXPIRETIME K",
        "PEXPIRETIME K", "PERSIST K", "RENAME K K", "RENAMENX K K", "DBSIZE", "MULTI", "EXEC", "EXEC", "DISCARD",
        "WATCH", "UNWATCH", "PING", "ECHO V", "NOSUCH V", "GET", "SET K", "SELECT 0", "SELECT V",
        "SCAN 0 COUNT V foo", "COMMAND INFO nosuch", "CLIENT SETNAME V", "RESET",
    ];

    private readonly Random _random = new(seed);
    private readonly Queue<string> _following = new();

    internal byte[][] Next()
    {
        string form = _following.Count > 0 ? _following.Dequeue() : Pick(Forms);
        if (form == "WATCH")
        {
            // A transaction follows at once. A key that is made and removed before it is watched in vain here, and not
            // with redis: the document says so.
            form = "WATCH " + Fill("K");
            if (_random.Next(2) == 0)
            {
                _following.Enqueue("SET " + form["WATCH ".Length..] + " V");
            }

            _following.Enqueue("MULTI");
        }

        return
        [
            .. form.Split(' ').Select(Fill).Where(static word => word is not null).Select(Encoding.Latin1.GetBytes!),
        ];
    }

    private string? Fill(string word) => word switch
    {
        "K" => "key" + _random.Next(8).ToString(CultureInfo.InvariantCulture),
        "V" => Pick(Values),
        "N" => _random.Next(-20, 40).ToString(CultureInfo.InvariantCulture),
        "W" => _random.Next(4) == 0 ? null : Pick(Words),
        _ => _random.Next(3) == 0 ? word.ToLowerInvariant() : word,
    };

    private string Pick(string[] from) => from[_random.Next(from.Length)];
}
