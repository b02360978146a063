"""Which language a message is in, from its script and its commonest words."""

from __future__ import annotations

import re
import unicodedata
from collections import Counter

ENGLISH = "en"

# Words that are frequent in the language and rare or absent in English messages.
_COMMON = {
    "en": "the a an i you my your is are was to of and in it for on with do does can how what where when why not have has "
    "this that me we want need order please would like am be if at from just get will about but so they",
    "de": "der die das ich du sie wir ist sind war nicht und oder mit für auf ein eine einen mein meine meinen meiner wo wie "
    "wann warum was kann können möchte will habe hat haben bitte noch von zu im den dem mir mich ihr ihre bestellung wurde "
    "danke hallo guten tag konto geld zurück kein keine aber auch bei es",
    "fr": "le la les un une des je tu il nous vous est sont pas et ou avec pour sur mon ma mes où comment quand pourquoi "
    "que qui peux puis veux voudrais ai avez merci bonjour commande suis dans ce cette du au n'ai j'ai c'est l'ai mais votre "
    "compte remboursement livraison s'il plaît",
    "es": "el la los las un una yo tú es son no y o con para por en mi mis dónde donde cómo como cuándo cuando qué que quiero "
    "puedo tengo ha he gracias hola pedido estoy está del al su pero cuenta dinero devolver favor buenos días necesito se lo",
    "it": "il lo la i gli le un una io è sono non e o con per mio mia dove come quando perché che voglio vorrei posso ho "
    "grazie ciao ordine del della nel mi si buongiorno conto rimborso spedizione questo",
    "nl": "de het een ik je jij u is zijn was niet en of met voor op mijn waar hoe wanneer waarom wat kan wil heb heeft "
    "bedankt hallo bestelling van naar mij me dit dat geen maar ook graag wordt er",
    "pt": "o a os as um uma eu você é são não e ou com para por meu minha onde como quando porque que quero posso tenho "
    "obrigado obrigada olá pedido está do da no na se mas conta preciso",
    "pl": "jest nie i w na z do mój moje moja gdzie jak kiedy dlaczego co chcę mogę mam dziękuję cześć zamówienie się proszę "
    "to dzień dobry konto zwrot",
    "tr": "bir ve bu ne nerede nasıl zaman neden benim siparişim istiyorum var yok mı mi için teşekkürler merhaba lütfen",
    "sv": "jag är inte och eller med för på min mitt mina var hur när varför vad kan vill har tack hej beställning det den en ett",
}
_ENGLISH_WORDS = frozenset(_COMMON[ENGLISH].split())
_WORDS = {
    language: frozenset(words.split()) - (frozenset() if language == ENGLISH else _ENGLISH_WORDS)
    for language, words in _COMMON.items()
}
_SCRIPTS = {
    "CYRILLIC": "ru", "GREEK": "el", "ARABIC": "ar", "HEBREW": "he", "HANGUL": "ko", "HIRAGANA": "ja", "KATAKANA": "ja",
    "CJK": "zh", "THAI": "th", "DEVANAGARI": "hi",
}  # fmt: skip
_TOKEN = re.compile(r"[^\W\d_]+(?:['’][^\W\d_]+)?")
_NO_WORDS = re.compile(r"\S+@\S+|https?://\S+|www\.\S+|\S*\d\S*")  # e-mail addresses, links, numbers
LEAST = 2  # words that must speak for another language
AHEAD = 1.5  # of English's words, by how much


def language_of(text: str) -> str:
    """ISO 639-1 code of the language, "en" where nothing speaks clearly for another."""
    text = _NO_WORDS.sub(" ", text)
    script = _foreign_script(text)
    if script:
        return script
    words = [word.replace("’", "'") for word in _TOKEN.findall(text.lower())]
    votes = {language: sum(word in common for word in words) for language, common in _WORDS.items()}
    best = max(votes, key=lambda language: (votes[language], language == ENGLISH))
    clear = votes[best] >= LEAST and votes[best] > AHEAD * votes[ENGLISH] and votes[best] >= len(words) / 4
    return best if clear else ENGLISH


def _foreign_script(text: str) -> str | None:
    """The language of a script other than Latin that at least half of the letters are in."""
    letters = [c for c in text[:500] if c.isalpha()]
    scripts = Counter(
        _SCRIPTS.get(unicodedata.name(c, "?").split()[0].split("-")[0], "") for c in letters if ord(c) > 0x2FF
    )
    scripts.pop("", None)
    if not scripts or 2 * sum(scripts.values()) < len(letters):
        return None
    return "ja" if scripts["ja"] else scripts.most_common(1)[0][0]
