using System.CommandLine;
using Kvs.Client;

namespace Kvs.ClientProgram.Commands;

/// <summary><c>get KEY</c>: prints the value's bytes as they are, and a newline. A key that is not there is an answer
/// like any other, on the standard output and with exit code 0.</summary>
internal static class GetCommand
{
    public static Command Create()
    {
        var command = new ServerCommand("get", "Print the value of a key, or 'Key not found'");
        Argument<string> key = Texts.CreateKeyArgument();
        command.Add(key);
        command.SetAction(key, (client, parsed) =>
        {
            using var output = new BytesOutput();
            output.WriteLine(client.TryGet(parsed.GetRequiredValue(key), out byte[]? value)
                ? value
                : BytesOutput.KeyNotFound);
            return 0;
        });
        return command;
    }
}
