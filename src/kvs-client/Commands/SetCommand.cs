using System.CommandLine;
using Kvs.Client;

namespace Kvs.ClientProgram.Commands;

/// <summary><c>set KEY VALUE</c>: prints nothing.</summary>
internal static class SetCommand
{
    public static Command Create()
    {
        var command = new ServerCommand("set", "Store a value under a key, in place of what was there");
        Argument<string> key = Texts.CreateKeyArgument();
        var value = new Argument<string>("VALUE") { Description = "The value; may be empty or have several lines" };
        command.Add(key);
        command.Add(value);
        command.SetAction(key, (client, parsed) =>
        {
            client.Set(parsed.GetRequiredValue(key), parsed.GetRequiredValue(value));
            return 0;
        });
        return command;
    }
}
