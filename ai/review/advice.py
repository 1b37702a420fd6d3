"""Phrases that send the reader to a professional, in eight languages, as ``wording`` spells them."""

from __future__ import annotations

# At the beginning of a clause a verb in its plain form speaks to the reader.
_CLAUSE = r"(?:^|(?<=[,:] )|(?:and|or|so|but|please|always|do|should|may want to|might want to|must|to|und|oder|bitte|sollten sie|solltest du|lassen sie|et|ou|y|e|o|en|dan|i|prosze|warto|nalezy) )(?:please |first |also |directly |then )?"

# English
_WHO = (
    r"(?:doctors?|physicians?|gps?|general practitioner|\w+ologist|psychiatrist|therapist|pharmacist|nurse|midwife|dentist|vet|veterinarian"
    r"|health ?care (?:provider|professional)|a&e|(?:medical|mental health|legal|financial|tax|licensed|health) (?:professional|advis[eo]r|expert|specialist|practitioner)"
    r"|lawyer|attorney|solicitor|barrister|legal counsel|notary|accountant|cpa|financial (?:planner|advis[eo]r)|tax advis[eo]r|counsellor|counselor)\b"
)
_EN = (
    rf"{_CLAUSE}(?:consult|speak (?:to|with)|talk (?:to|with)|contact|call|ask|seek|check with|reach out to|get advice from) ~~{_WHO}",
    rf"{_CLAUSE}(?:see|have|visit|go to|get) (?:an? |your |the )?(?:\w+ )?(?:\w+ )?{_WHO}(?!')",
    rf"\b(?:recommend|suggest|advise|best to|advisable to|wise to|worth) ~(?:consult|see|seek|speak|talk|ask|contact|hav|get)\w* ~~{_WHO}",
    rf"\b(?:looked at|checked|reviewed|examined) by (?:your |an? )?(?:\w+ )?{_WHO}",
    rf"\b(?:conversation|appointment|talk) with (?:your |an? ){_WHO}",
    rf"{_WHO} ~can tell you",
    r"\b(?:no|not a|not an?) (?:substitute|replacement) for (?:\w+ ){0,2}(?:medical|legal|financial|tax|professional)",
    r"\b(?:not|isn't) (?:be taken as |intended as |constitute )?(?:medical|legal|financial|tax|investment) advice\b",
    r"\bseek (?:\w+ )?(?:medical|legal|professional|financial) (?:advice|attention|help|care)",
)

# German
_WER = (
    r"(?:arzt\w*|arzte|arztin\w*|hausarzt\w*|facharzt\w*|hausarztin|anwalt\w*|rechtsanwalt\w*|steuerberat\w+|apotheker\w*|therapeut\w*"
    r"|psycholog\w+|finanzberat\w+|notar\w*|fachanwalt\w*|tierarzt\w*|\w+arzt)\b"
)
_DE = (
    rf"\b(?:wenden sie sich|wende dich|sprechen sie|sprich|fragen sie|frag|frage|konsultieren sie|kontaktieren sie|suchen sie) ~~{_WER}",
    rf"\bsollt(?:en|est|e) (?:sie|du|man) ~~{_WER} ~(?:aufsuchen|konsultieren|fragen|sprechen|hinzuziehen|kontaktieren)",
    r"\b(?:lassen sie sich|lass dich) ~~(?:anwaltlich|arztlich|rechtlich|steuerlich) beraten",
    r"\b(?:keine|ersetzt keine|ersetzt nicht die) (?:\w+ )?(?:rechtsberatung|steuerberatung|anlageberatung|medizinische beratung|arztliche beratung)\b(?! geben)(?! erteilen)",
)

# French
_QUI = r"(?:medecin|docteur|pharmacien\w*|avocate?|notaire|comptable|expert-comptable|conseiller (?:financier|fiscal)|professionnel de sante|psychologue|veterinaire|specialiste)\b"
_FR = (
    rf"\b(?:consultez|demandez|parlez|adressez-vous|contactez|voyez|consulte|contacte) ~~{_QUI}",
    rf"\b(?:conseille|recommande|preferable|il faut|vous devriez|mieux vaut) ~~(?:consulter|demander|parler|contacter|vous adresser) ~~{_QUI}",
    r"\bne (?:remplace|remplacent|se substitue|constitue) (?:\w+ ){0,4}(?:avis|conseil)\w* (?:d'un |medical|juridique|financier)",
)

# Spanish
_QUIEN = r"(?:medic[oa]|doctora?|farmaceutic[oa]|abogad[oa]|notari[oa]|contador\w*|asesor\w* (?:fiscal|financier[oa]|legal)|psicolog[oa]|profesional (?:sanitario|medico|de la salud)|especialista|veterinari[oa])\b"
_ES = (
    rf"\b(?:consulte|consulta|consultad|acuda|acude|hable|habla|pregunte|pregunta|contacte|dirijase|visite) ~{_QUIEN}",
    rf"\b(?:recomendable|recomiendo|aconsejable|conviene|deberia|deberias|mejor) ~(?:consultar|hablar|acudir|preguntar) ~{_QUIEN}",
    r"\bno (?:sustituye|reemplaza|constituye) (?:\w+ ){0,2}(?:consejo|asesoramiento|opinion|consulta)",
)

# Italian
_CHI = r"(?:medico|dottore|dottoressa|farmacista|avvocat[oa]|notaio|commercialista|consulente (?:fiscale|finanziario|legale)|psicologo|specialista|veterinario)\b"
_IT = (
    rf"\b(?:consulti|consulta|consultate|si rivolga|rivolgiti|rivolgetevi|ne parli|parlane|parli|chieda|chiedi|contatti) ~~{_CHI}",
    rf"\b(?:consigliabile|consiglio|opportuno|meglio|dovrebbe|dovresti) (?:di )?~(?:consultare|rivolger\w+|parlar\w+|chiedere|sentire) ~{_CHI}",
    r"\bnon (?:sostituisce|sostituiscono|costituisce) (?:\w+ ){0,2}(?:parere|consulenza|consiglio)",
)

# Portuguese
_QUEM = r"(?:medic[oa]|doutora?|farmaceutic[oa]|advogad[oa]|notari[oa]|contabilista|contador\w*|consultor\w* (?:fiscal|financeir[oa])|psicolog[oa]|profissional de saude|especialista|veterinari[oa])\b"
_PT = (
    rf"\b(?:consulte|consulta|procure|procura|fale|fala|pergunte|contacte|contate|dirija-se) ~{_QUEM}",
    rf"\b(?:recomendavel|recomendo|aconselhavel|convem|deveria|deve|melhor) ~(?:consultar|falar|procurar|perguntar|contactar) ~{_QUEM}",
    r"\bnao (?:substitui|substituem|constitui) (?:\w+ ){0,2}(?:aconselhamento|parecer|conselho|consulta)",
)

# Dutch
_WIE = r"(?:arts|huisarts|dokter|apotheker|advocaat|jurist|notaris|accountant|belastingadviseur|financieel adviseur|psycholoog|specialist|dierenarts|therapeut)\b"
_NL = (
    rf"\b(?:raadpleeg|neem|vraag|ga|spreek|praat|bel|overleg|schakel) ~~{_WIE}",
    rf"\blaat (?:u|je|jezelf) ~~(?:adviseren|beraden|onderzoeken) door ~{_WIE}",
    rf"\b(?:raadzaam|verstandig|aan te raden|beste) ~~{_WIE}",
    r"\b(?:geen|niet ter) vervanging (?:van|voor) (?:\w+ )?(?:medisch|juridisch|financieel|professioneel)",
)

# Polish
_KTO = r"(?:lekarz\w*|farmaceut\w*|prawnik\w*|adwokat\w*|radc\w+ prawn\w+|doradc\w+ (?:podatkow\w+|finansow\w+)|ksiegow\w+|notariusz\w*|psycholog\w*|specjalist\w+|weterynarz\w*)\b"
_PL = (
    rf"\b(?:skontaktuj|skonsultuj|zglos|porozmawiaj|zapytaj|udaj|zwroc) (?:sie )?~{_KTO}",
    rf"\b(?:prosze|warto|nalezy|najlepiej|powinien\w*|powinna\w*) ~(?:zglosic|skonsultowac|zasiegnac|porozmawiac|zapytac|skontaktowac|udac)(?: sie)? ~{_KTO}",
    r"\bnie zastep\w+ (?:\w+ )?(?:porad|konsultacj|opini)\w+",
)

ADVICE = (*_EN, *_DE, *_FR, *_ES, *_IT, *_PT, *_NL, *_PL)

NOT_ADVICE = (
    r"\b(?:advised|referred|told|asked|urged) (?:the|her|him|them|his|their)\b",
    r"\b(?:recommends?|advises?|suggests?|requires?) (?:that|the|to|employees|patients|having)\b(?<!i recommend that)(?<!i recommend to)",
    r"\b(?:according to|laut|selon|segun|secondo|segundo|volgens|wedlug) ",
)
