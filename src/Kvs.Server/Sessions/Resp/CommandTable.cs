using System.Buffers.Binary;
using System.Numerics;
using System.Text;

namespace Kvs.Server.Sessions.Resp;

/// <summary>
/// Finds commands by name, in capitals or small letters, without making anything of the name that was sent.
/// </summary>
/// <remarks>
/// Any thread may call any member: nothing changes after construction. A name has at most <see cref="MaxNameBytes"/>
/// letters, so it fits two words, and a command is found by comparing those. A bit tells small letters from
/// capitals; it is set in what is looked for. What is no letter then may look like another byte that is none, but never
/// like a letter.
/// </remarks>
internal sealed class CommandTable
{
    /// <summary>The longest name of a command, in bytes.</summary>
    internal const int MaxNameBytes = 16;

    private const ulong SmallLetters = 0x2020_2020_2020_2020;

    /// <summary>Four times as many places as commands, so that nearly all lie where one looks first.</summary>
    private const int PlacesPerCommand = 4;

    private readonly Place[] _places;
    private readonly int _mask;

    internal CommandTable(params RespCommand[] commands)
    {
        Commands = commands;
        _places = new Place[BitOperations.RoundUpToPowerOf2((uint)(commands.Length * PlacesPerCommand))];
        _mask = _places.Length - 1;
        foreach (RespCommand command in commands)
        {
            string name = command.Name[(command.Name.IndexOf('|', StringComparison.Ordinal) + 1)..];
            Add(Encoding.ASCII.GetBytes(name), command);
        }
    }

    /// <summary>All commands, in the order in which they were given.</summary>
    internal IReadOnlyList<RespCommand> Commands { get; }

    /// <summary>The command of a name; null where there is none.</summary>
    internal RespCommand? Find(ReadOnlySpan<byte> name)
    {
        if (name.Length is 0 or > MaxNameBytes)
        {
            return null;
        }

        (ulong begin, ulong end) = Fold(name);
        for (int i = PlaceOf(begin, end, name.Length) & _mask; ; i = (i + 1) & _mask)
        {
            ref readonly Place place = ref _places[i];
            if (place.Command is null ||
                (place.Begin == begin && place.End == end && place.NameBytes == name.Length))
            {
                return place.Command;
            }
        }
    }

    private void Add(ReadOnlySpan<byte> name, RespCommand command)
    {
        (ulong begin, ulong end) = Fold(name);
        int i = PlaceOf(begin, end, name.Length) & _mask;
        while (_places[i].Command is not null)
        {
            i = (i + 1) & _mask;
        }

        _places[i] = new Place(begin, end, name.Length, command);
    }

    /// <summary>A name as two words, which may overlap: with its length they are the name.</summary>
    private static (ulong Begin, ulong End) Fold(ReadOnlySpan<byte> name)
    {
        int length = name.Length;
        if (length >= sizeof(ulong))
        {
            return (BinaryPrimitives.ReadUInt64LittleEndian(name) | SmallLetters,
                BinaryPrimitives.ReadUInt64LittleEndian(name[(length - sizeof(ulong))..]) | SmallLetters);
        }

        if (length >= sizeof(uint))
        {
            return (BinaryPrimitives.ReadUInt32LittleEndian(name) | SmallLetters,
                BinaryPrimitives.ReadUInt32LittleEndian(name[(length - sizeof(uint))..]) | SmallLetters);
        }

        ulong letters = name[0] | ((ulong)name[length / 2] << 8) | ((ulong)name[length - 1] << 16);
        return (letters | SmallLetters, 0);
    }

    /// <summary>Spreads names over the table: a product has something of all letters in its upper half.</summary>
    private static int PlaceOf(ulong begin, ulong end, int length)
    {
        const ulong Spread = 0x9E37_79B9_7F4A_7C15;
        return (int)(((begin + (end * 3) + (uint)length) * Spread) >> 40);
    }

    private readonly record struct Place(ulong Begin, ulong End, int NameBytes, RespCommand? Command);
}
