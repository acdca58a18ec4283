using System.CommandLine;
using Kvs.Client;

namespace Kvs.ClientProgram.Commands;

/// <summary><c>rm KEY</c>: prints nothing; a key that is not there is a failure.</summary>
internal static class RemoveCommand
{
    public static Command Create()
    {
        var command = new ServerCommand("rm", "Remove a key; a key that is not there is an error");
        Argument<string> key = Texts.CreateKeyArgument();
        command.Add(key);
        command.SetAction(key, (client, parsed) =>
        {
            if (client.Remove(parsed.GetRequiredValue(key)))
            {
                return 0;
            }

            Console.Error.WriteLine(Texts.KeyNotFound);
            return 1;
        });
        return command;
    }
}
