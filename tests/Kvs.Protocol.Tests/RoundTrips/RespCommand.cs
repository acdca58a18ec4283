using System.Buffers;
using System.Globalization;
using System.Text;
using Kvs.Protocol.Resp;
using Kvs.Testing;

namespace Kvs.Protocol.Tests;

/// <summary>A command of the Redis protocol, as clients send it or as a person types it; one without arguments is to be
/// passed over. Bytes are text in Latin-1 here.</summary>
internal sealed record RespCommand(ValueList<string> Arguments, bool IsTyped)
{
    /// <summary>What a decoder has found.</summary>
    internal static RespCommand Of(RespRequest request)
    {
        string[] arguments = new string[request.Count];
        for (int i = 0; i < arguments.Length; i++)
        {
            arguments[i] = Encoding.Latin1.GetString(request[i]);
        }

        return new RespCommand(ValueList.Of(arguments), request.IsInline);
    }

    internal void Write(ArrayBufferWriter<byte> output)
    {
        if (IsTyped)
        {
            output.Write(Encoding.ASCII.GetBytes(string.Join(' ', Arguments.Select(Type)) + "\r\n"));
            return;
        }

        var writer = new RespWriter(output);
        writer.Array(Arguments.Count);
        foreach (string argument in Arguments)
        {
            writer.Bulk(Encoding.Latin1.GetBytes(argument));
        }
    }

    /// <summary>Commands with an argument less, or a shorter one.</summary>
    internal IEnumerable<RespCommand> Smaller() => Arguments
        .Smaller(argument => argument.Length == 0 ? [] : [argument[..(argument.Length / 2)]])
        .Select(arguments => this with { Arguments = arguments });

    /// <summary>A word as it is, where that is possible, else in quotes.</summary>
    private static string Type(string word) => word.Length > 0 && word.All(char.IsAsciiLetterOrDigit)
        ? word
        : string.Create(CultureInfo.InvariantCulture, $"\"{string.Concat(word.Select(Escape))}\"");

    private static string Escape(char letter) =>
        char.IsAsciiLetterOrDigit(letter) ? letter.ToString() : $"\\x{(int)letter:x2}";
}
