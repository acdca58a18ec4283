using System.CommandLine;
using Kvs.Client;

namespace Kvs.ClientProgram.Commands;

/// <summary><c>mget KEY...</c>: prints for each key, in the order of the keys, what <c>get</c> prints.</summary>
internal static class GetManyCommand
{
    public static Command Create()
    {
        var command = new ServerCommand("mget", "Print the values of several keys, each as get does");
        var keys = new Argument<string[]>("KEY")
        {
            Description = "The keys; none of them empty",
            Arity = ArgumentArity.OneOrMore,
        };
        Texts.RefuseEmptyKeys(keys);
        command.Add(keys);
        command.SetAction((client, parsed) =>
        {
            using var output = new BytesOutput();
            foreach (string key in parsed.GetRequiredValue(keys))
            {
                output.WriteLine(client.TryGet(key, out byte[]? value) ? value : BytesOutput.KeyNotFound);
            }

            return 0;
        });
        return command;
    }
}
