using System.CommandLine;
using System.Net;
using System.Text;
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
        command.SetAction(parsed =>
        {
            byte[][] names = [.. parsed.GetRequiredValue(keys).Select(Encoding.UTF8.GetBytes)];
            EndPoint[] addresses = command.GetAddresses(parsed);
            KvsClientOptions options = command.GetOptions(parsed);
            byte[]?[] values = new byte[]?[names.Length];
            foreach (IGrouping<int, int> part in Enumerable.Range(0, names.Length)
                .GroupBy(i => SlotMap.OwnerOf(names[i], addresses.Length)))
            {
                Read(addresses[part.Key], options, names, [.. part], values);
            }

            using var output = new BytesOutput();
            foreach (byte[]? value in values)
            {
                output.WriteLine(value ?? BytesOutput.KeyNotFound);
            }

            return 0;
        });
        return command;
    }

    /// <summary>Reads the keys at some places from their server.</summary>
    private static void Read(
        EndPoint server, KvsClientOptions options, byte[][] keys, int[] places, byte[]?[] values)
    {
        using var pipeline = KvsPipeline.Connect(
            server,
            (in KvsReply reply) =>
            {
                reply.ThrowIfError();
                values[places[reply.Index]] = reply.IsFound ? reply.Value.ToArray() : null;
            },
            options);
        foreach (int place in places)
        {
            pipeline.Get(keys[place]);
        }

        pipeline.Flush();
    }
}
