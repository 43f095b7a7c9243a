using System;
using System.Net.Sockets;
using System.Text;

namespace Kilonova.Qtest;

/// <summary>A stream socket that carries text, cut into messages by its owner.</summary>
internal sealed class Connection : IDisposable
{
    private readonly Socket _socket;
    private readonly byte[] _buffer = new byte[1 << 16];
    private readonly Decoder _decoder = Encoding.UTF8.GetDecoder();

    /// <summary>Connects to a socket in the file system.</summary>
    /// <exception cref="UsageException">Nobody listens there.</exception>
    public Connection(string path)
    {
        _socket = new Socket(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);
        try
        {
            _socket.Connect(new UnixDomainSocketEndPoint(path));
        }
        catch (SocketException exception)
        {
            throw new UsageException($"cannot connect to {path}: {exception.Message}");
        }
    }

    public Socket Socket => _socket;

    public void Dispose() => _socket.Dispose();

    public void Send(string text)
    {
        byte[] bytes = Encoding.UTF8.GetBytes(text);
        for (int sent = 0; sent < bytes.Length;)
            sent += _socket.Send(bytes, sent, bytes.Length - sent, SocketFlags.None);
    }

    /// <summary>What has arrived; null when the other side has closed.</summary>
    public string? Receive()
    {
        int length = _socket.Receive(_buffer);
        if (length == 0)
            return null;
        var text = new char[length];
        return new string(text, 0, _decoder.GetChars(_buffer, 0, length, text, 0));
    }
}

/// <summary>Cuts a stream of characters at line ends.</summary>
internal sealed class LineSplitter(Action<string> take)
{
    private readonly StringBuilder _text = new();

    public void Add(string text)
    {
        foreach (char character in text)
        {
            if (character != '\n')
            {
                _text.Append(character);
                continue;
            }

            string line = _text.ToString();
            _text.Clear();
            take(line.TrimEnd('\r'));
        }
    }
}

/// <summary>Cuts a stream of characters behind each JSON object.</summary>
internal sealed class ObjectSplitter(Action<string> take)
{
    private readonly StringBuilder _text = new();
    private int _depth;
    private char _quote;
    private bool _escaped;

    public void Add(string text)
    {
        foreach (char character in text)
        {
            if (_depth == 0 && character != '{')
                continue;
            _text.Append(character);
            Follow(character);
            if (_depth != 0)
                continue;
            string found = _text.ToString();
            _text.Clear();
            take(found);
        }
    }

    private void Follow(char character)
    {
        if (_quote != 0)
        {
            if (!_escaped && character == _quote)
                _quote = '\0';
            _escaped = character == '\\' && !_escaped;
            return;
        }

        switch (character)
        {
            case '"':
                _quote = character;
                break;
            case '{':
                _depth++;
                break;
            case '}':
                _depth--;
                break;
        }
    }
}
